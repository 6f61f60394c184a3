// device: what an owner says about a device.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function deviceList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/devices'), ['deviceId', 'device', 'name', 'dialect', 'placement', 'role', 'location', 'status', 'lastSeen'])
}

export async function deviceSet(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const role = input.text('role')
  io.show(await client.patch(`/v1/devices/${encodeURIComponent(input.needed('DEVICE'))}`, {
    location: input.location('location'), placement: input.text('placement'), role: role === 'none' ? null : role,
    emptyMm: input.number('empty-mm'), fullMm: input.number('full-mm'), name: input.text('name'), timezone: input.text('timezone'),
    category: input.list('category'), refParkingSite: input.text('parking-site'),
  }))
}
