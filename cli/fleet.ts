// What the owner of a simulated fleet does, as the owner of a real one would: pairs its sources, and tells where its devices stand.
import type { Client } from '#cli/client.ts'
import type { Source } from '#simulators/plan.ts'
import type { Credentials } from '#simulators/run.ts'

/** Sources that are paired at one time: each is a request and a write to disk. */
const PAIRING_MAX = 8

export interface Paired extends Credentials { readonly sourceId: string }

interface Pairing { readonly sourceId: string, readonly mqtt: string, readonly username: string, readonly password: string }

/** Credentials for each source. `onPaired` is told how many there are so far. */
export async function pairAll<S extends Source>(
  client: Client, sources: readonly S[], signal: AbortSignal, onPaired: (count: number) => void,
): Promise<ReadonlyMap<S, Paired>> {
  const paired = new Map<S, Paired>(), waiting = sources.values()
  const pairing = async (): Promise<void> => {
    for (const source of waiting) {
      if (signal.aborted) return
      const { name, dialect, location, placement, timezone } = source
      const { mqtt, ...given } = await client.post<Pairing>('/v1/sources', { name, dialect, location, placement, timezone })
      paired.set(source, { ...given, url: mqtt })
      onPaired(paired.size)
    }
  }
  await Promise.all(Array.from({ length: PAIRING_MAX }, pairing))
  return paired
}

interface KnownDevice { readonly deviceId: string, readonly sourceId: string, readonly device: string, readonly emptyMm?: number }

/**
 * Tells the heights of containers whose devices have spoken and are not told of yet: a sensor in a lid knows its distance, not how deep the
 * bin is.
 */
export async function tellHeights(client: Client, paired: ReadonlyMap<Source, Paired>): Promise<void> {
  const known = await client.get<KnownDevice[]>('/v1/devices'), untold = known.filter(({ emptyMm }) => emptyMm === undefined)
  const ids = new Map(untold.map(({ deviceId, sourceId, device }) => [`${sourceId} ${device.split('/').at(-1)!}`, deviceId]))
  for (const [{ devices }, { sourceId }] of paired) {
    for (const { name, address, emptyMm, fullMm } of devices) {
      // The Things Stack calls a device by its name, ChirpStack by its EUI.
      const deviceId = emptyMm === undefined ? undefined : ids.get(`${sourceId} ${name}`) ?? ids.get(`${sourceId} ${address.toLowerCase()}`)
      if (deviceId) await client.patch(`/v1/devices/${deviceId}`, { emptyMm, fullMm })
    }
  }
}
