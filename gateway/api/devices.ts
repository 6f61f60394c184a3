// Devices: what an owner says about those that speak through their sources.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { checkTimezone } from '#gateway/api/timezone.ts'
import type { Device, DeviceSettings } from '#gateway/devices/devices.ts'
import { GatewayError } from '#gateway/errors.ts'

export function listDevices({ services, party }: Call) {
  return services.devices.list(party.id).map(device => deviceView(services, device))
}

type Settings = { readonly [K in keyof DeviceSettings]: DeviceSettings[K] | null }

export function setDevice({ services, party, body, parameters }: Call<Settings, { deviceId: string }>) {
  checkTimezone(body.timezone)
  const device = find(services, party.id, parameters.deviceId)
  const settings = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, value ?? undefined])) as DeviceSettings
  checkHeights({ ...device?.settings, ...settings })
  const changed = services.devices.set(party.id, device?.id ?? parameters.deviceId, settings)
  // Whoever received readings by the old settings is told that they are other ones (GDPR Art. 19). A name is nobody else's business.
  if (Object.keys(body).some(name => name !== 'name')) for (const { id } of services.streams.ofDevice(changed.id)) services.rights.notify(id, 'corrected')
  return deviceView(services, changed)
}

function checkHeights({ emptyMm, fullMm = 0 }: DeviceSettings): void {
  if (emptyMm === undefined || emptyMm > fullMm) return
  throw new GatewayError('BAD_REQUEST', '`emptyMm` must be more than `fullMm`: the bottom of a container is farther from its sensor.')
}

/** By its id, or by its name inside its source where that leaves no doubt. */
function find({ devices }: Services, ownerId: string, idOrName: string): Device | undefined {
  const own = devices.list(ownerId)
  const byId = own.find(({ id }) => id === idOrName)
  if (byId) return byId
  const byName = own.filter(({ key }) => key === idOrName)
  if (byName.length < 2) return byName[0]
  throw new GatewayError('CONFLICT', `Several of your devices have this name: give the id of one, ${byName.map(({ id }) => id).join(' or ')}.`)
}

function deviceView({ streams }: Services, device: Device) {
  device.bringUpToDate?.()
  const { id, sourceId, key, dialect, settings, facts, status, lastSeen } = device
  return {
    deviceId: id, sourceId, device: key, dialect, name: settings.name, placement: facts.placement, role: facts.role,
    location: facts.location, timezone: settings.timezone, emptyMm: facts.emptyMm, fullMm: facts.fullMm, category: facts.category, refParkingSite: facts.refParkingSite, special: settings.special,
    status: Object.fromEntries([...status].map(([quantity, { value }]) => [quantity, value])),
    lastSeen: lastSeen > 0 ? timeText(lastSeen) : undefined, streams: streams.ofDevice(id).map(stream => stream.id),
  }
}
