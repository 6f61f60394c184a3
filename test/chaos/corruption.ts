// Bytes that change, go or come where they lie: each record that is read is one that was written, damage is named by file and offset, and
// only what is damaged, or was cut off, is missing.
import { BLOCK_BYTES_FULL } from '#gateway/journal/block.ts'
import { scanSegment } from '#gateway/journal/scan.ts'
import { HEADER_BYTES } from '#gateway/journal/segment-header.ts'
import type { Fault, ChaosOptions, Outcome } from '#test/chaos/fault.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { RecordedJournal } from '#test/support/recorded-journal.ts'
import { SimulatedDisk } from '#test/support/simulated-disk.ts'

const GROUPS = 40
/** Places that are damaged in one journal, one after the other, before another is made. */
const PLACES = 50
/** Ways to lose or change bytes at an offset. */
const WAYS = ['flip a bit', 'zero a sector', 'overwrite with others', 'cut off', 'take out', 'put in'] as const

interface Counts { places: number, lost: number, wrong: number, silent: number, tooMuch: number }

interface Made { readonly disk: SimulatedDisk, readonly recorded: RecordedJournal }

async function make(random: Random): Promise<Made> {
  const disk = new SimulatedDisk(), recorded = new RecordedJournal(disk)
  await recorded.open()
  for (let group = 0; group < GROUPS; group++) await recorded.append(random, true)
  if (random.chance(0.5)) await recorded.journal.close()
  else for (const path of disk.paths) if (path.endsWith('.idx') && random.chance(0.5)) await disk.remove(path)
  return { disk, recorded }
}

function damaged(bytes: Buffer, at: number, way: (typeof WAYS)[number], random: Random): Buffer {
  const copy = Buffer.from(bytes), length = 1 + random.below(64), some = Buffer.from(Array.from({ length }, () => random.below(256)))
  switch (way) {
    case 'flip a bit': copy[at]! ^= 1 << random.below(8); return copy
    case 'zero a sector': return copy.fill(0, at - at % 512, Math.min(copy.length, at - at % 512 + 512))
    case 'overwrite with others': some.copy(copy, at); return copy
    case 'cut off': return copy.subarray(0, at)
    case 'take out': return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)])
    case 'put in': return Buffer.concat([copy.subarray(0, at), some, copy.subarray(at)])
  }
}

/** Which messages a change of a segment can have cost: those of the blocks that it touched, or moved. */
function touchedBy(before: Buffer, after: Buffer, path: string): ReadonlySet<string> {
  const touched = new Set<string>(), isMoved = before.length !== after.length
  const first = before.findIndex((byte, at) => byte !== after[at]), last = isMoved ? before.length : before.findLastIndex((byte, at) => byte !== after[at])
  let unitAt = 0
  const units = new Map<number, string[]>()
  const record = (stream: number, position: number): void => { units.get(unitAt)!.push(`${stream} ${position}`) }
  scanSegment(before, Number(/(\d+)\.seg$/.exec(path)![1]), { unit: offset => { units.set(unitAt = offset, []) }, record })
  const offsets = [...units.keys()]
  for (const [n, offset] of offsets.entries()) {
    const isTouched = first !== -1 && (offsets[n + 1] ?? before.length) > first && offset <= last
    if (isTouched || first < HEADER_BYTES) for (const key of units.get(offset)!) touched.add(key)
  }
  return touched
}

/** Damages one place, opens and reads all, and puts it right again. */
async function damageOne({ disk, recorded }: Made, random: Random, counts: Counts): Promise<void> {
  const saved = new Map(disk.paths.map(path => [path, disk.bytesOf(path)])), path = random.pick([...saved.keys()]), before = saved.get(path)!
  const after = damaged(before, random.below(before.length), random.pick(WAYS), random)
  disk.replace(path, after)
  recorded.told.length = 0
  await recorded.open(disk)
  const { wrong, missing } = await recorded.verdict(), touched = path.endsWith('.seg') ? touchedBy(before, after, path) : new Set<string>()
  await recorded.journal.close()
  counts.places++
  counts.wrong += wrong
  counts.lost += missing.length
  if (missing.length > 0 && !recorded.told.some(fields => (fields as { file?: string }).file === path)) counts.silent++
  if (missing.some(key => !touched.has(key))) counts.tooMuch++
  for (const each of disk.paths) if (!saved.has(each)) await disk.remove(each)
  for (const [each, bytes] of saved) {
    await (await disk.open(each, 'new')).close()
    disk.replace(each, bytes)
  }
}

async function run({ seed, cuts, tell }: ChaosOptions): Promise<Outcome> {
  const counts: Counts = { places: 0, lost: 0, wrong: 0, silent: 0, tooMuch: 0 }
  for (let journal = 0; counts.places < cuts; journal++) {
    const random = new Random(seed + journal), made = await make(random), failed = () => counts.wrong + counts.silent + counts.tooMuch, before = failed()
    for (let place = 0; place < PLACES; place++) await damageOne(made, random, counts)
    if (failed() > before) tell(`seed ${seed + journal}: ${JSON.stringify(counts)}`)
    if (journal % 50 === 49) tell(`${counts.places} places`)
  }
  const { places, wrong, silent, tooMuch, lost } = counts
  return { failed: wrong + silent + tooMuch, figures: { places, wrong, lostUnnamed: silent, lostFarAway: tooMuch, recordsLostToDamage: lost, blockBytes: BLOCK_BYTES_FULL } }
}

export const corruption: Fault = {
  name: 'corruption', run,
  about: 'bytes flipped, zeroed, cut off, taken out and put in anywhere: no wrong record, and none missing that no damage is named for',
}
