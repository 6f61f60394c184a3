// device: what an owner says about a device.
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function deviceList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/devices'), ['deviceId', 'device', 'name', 'dialect', 'placement', 'role', 'location', 'status', 'lastSeen'])
}

export async function deviceSet(input: Input, io: Io): Promise<void> {
  const role = input.text('role'), special = input.text('special')
  const settings = {
    location: input.location('location'), placement: input.text('placement'), role: role === 'none' ? null : role,
    emptyMm: input.number('empty-mm'), fullMm: input.number('full-mm'), name: input.text('name'), timezone: input.text('timezone'),
    category: input.list('category'), refParkingSite: input.text('parking-site'), special: special && special === 'yes',
  }
  if (Object.values(settings).every(value => value === undefined)) throw usageError('There is nothing to set. See `sluice device set --help`.')
  const client = await io.client()
  io.show(await client.patch(`/v1/devices/${encodeURIComponent(input.needed('DEVICE'))}`, settings))
}
