// Messages with some bytes changed: most are no JSON any more, and the others are like what a careless device sends.
import type { Random } from '#benchmarks/corpus/random.ts'

/** Bytes that mean something in JSON, in numbers and in times; and some that are none of a text. */
const TELLING = Buffer.from('{}[]",:\\/-+.eE0123456789 \n\tTZtfnu_#\u0000\u001f\u00e9'), ANY_BYTE_SHARE = 0.3, CHANGES_MAX = 3

/** A copy with one to three bytes changed, inserted or left out, or two pieces of it swapped. */
export function mutate(payload: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(payload)
  for (let left = 1 + random.below(CHANGES_MAX); left > 0 && bytes.length > 0; left--) bytes = changed(bytes, random)
  return bytes
}

function changed(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length), byte = random.chance(ANY_BYTE_SHARE) ? random.below(256) : random.pick([...TELLING])
  const before = bytes.subarray(0, at), behind = bytes.subarray(at)
  switch (random.below(5)) {
    case 0: return Buffer.concat([before, Buffer.of(byte), behind])
    case 1: return Buffer.concat([before, behind.subarray(1)])
    case 2: return Buffer.concat([before, Buffer.of(bytes[at]! ^ 1 << random.below(8)), behind.subarray(1)])
    case 3: return swapped(bytes, random)
    default: return Buffer.concat([before, Buffer.of(byte), behind.subarray(1)])
  }
}

/** Two pieces between quotes or commas change places: keys and values as the message has them, elsewhere. */
function swapped(bytes: Buffer, random: Random): Buffer {
  const cuts = [...bytes.keys()].filter(at => bytes[at] === 0x22 || bytes[at] === 0x2c || bytes[at] === 0x3a)
  if (cuts.length < 4) return bytes
  const [a, b, c, d] = Array.from({ length: 4 }, () => random.pick(cuts)).sort((one, other) => one - other) as [number, number, number, number]
  return Buffer.concat([bytes.subarray(0, a), bytes.subarray(c, d), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(d)])
}
