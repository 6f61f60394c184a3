// The whole data path, from packets to a subscriber, over a journal whose disk fails at one operation: whatever was acknowledged or handed
// over is kept, and each envelope is settled once.
import { FaultyStorage } from '#test/support/faulty-storage.ts'
import { Reader, Rooms } from '#test/support/rooms.ts'
import { SimulatedDisk } from '#test/support/simulated-disk.ts'

const BATCHES = 12, FAILING = 3
/** Small enough that segments end, and are deleted, meanwhile. */
const SEGMENT_BYTES = 900

export interface PathCounts { runs: number, acknowledged: number, refused: number, lost: number, unbalanced: number }

/** Fails some operations in a row, from each one on, until there are no more. */
export async function sweepDataPath(): Promise<PathCounts> {
  const counts: PathCounts = { runs: 0, acknowledged: 0, refused: 0, lost: 0, unbalanced: 0 }
  for (let operation = 1, last = Infinity; operation <= last; operation++) last = await failAt(operation, counts)
  return counts
}

async function failAt(operation: number, counts: PathCounts): Promise<number> {
  const disk = new SimulatedDisk()
  let opened = Infinity
  const storage: FaultyStorage = new FaultyStorage(disk, n => n >= opened + operation && n < opened + operation + FAILING ? 'EIO' : undefined)
  const rooms = await Rooms.open({ storage, segmentBytesMax: SEGMENT_BYTES }), { source, stream: { id } } = await rooms.scene(), city = rooms.party('subscriber')
  rooms.grant(rooms.streams.get(id)!)
  rooms.agree(rooms.streams.get(id)!, city)
  opened = storage.operations
  const reader = rooms.watch(city, rooms.streams.get(id)!, undefined, Reader.eager()), kept = new Set<number>()
  for (let batch = 0, n = 0; batch < BATCHES; batch++) {
    const numbers = [++n, ++n]
    await rooms.send(source, numbers).then(() => { for (const each of numbers) kept.add(each) }, () => { counts.refused++ })
    await rooms.journal.probe()
  }
  await rooms.settled()
  const { received, delivered, droppedCount, failed, inFlight } = rooms.tally, operations = storage.operations - opened
  counts.runs++
  counts.acknowledged += kept.size
  counts.unbalanced += Number(received !== delivered + droppedCount + failed + inFlight || inFlight !== 0)
  for (const temperature of reader.temperatures) kept.add(temperature)
  counts.lost += await missingOf(kept, rooms, id, city.id, disk)
  return operations
}

/** What a subscriber does not find who comes after a kill, and reads from the earliest on. */
async function missingOf(kept: ReadonlySet<number>, rooms: Rooms, streamId: string, partyId: string, storage: SimulatedDisk): Promise<number> {
  const again = await rooms.reopen('kill', { storage, segmentBytesMax: SEGMENT_BYTES }), reader = again.watch(again.parties.get(partyId)!, again.streams.get(streamId)!, 'earliest', Reader.eager())
  await again.settled()
  const found = new Set(reader.temperatures)
  await again.close()
  return [...kept].filter(temperature => !found.has(temperature)).length
}
