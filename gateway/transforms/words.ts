// How exact something leaves, in words that anybody understands: `rounded to 0.5 °C`, `within some 1.6 km`.
import { decimalText } from '#gateway/transforms/decimal.ts'
import { radiusOf } from '#gateway/transforms/extent.ts'
import { parseOp, type Op } from '#gateway/transforms/op.ts'

const METRES_PER_KILOMETRE = 1_000
const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const

/** What is said of one attribute; undefined: nothing. `unit`: as people write it. */
export function exactnessWords(transforms: readonly string[] | undefined, attribute: string, unit?: string): string | undefined {
  const text = transforms?.find(each => each.startsWith(`${attribute}=`))?.slice(attribute.length + 1), op = text === undefined ? undefined : parseOp(text)
  if (op === undefined || (typeof op !== 'string' && op.name === 'pass')) return undefined
  return typeof op === 'string' ? text : opWords(op, unit) // one of a newer gateway's, as it is written
}

/** What is said of the message as a whole. */
export function messageWords(transforms: readonly string[] = []): readonly string[] {
  return transforms.filter(text => text.startsWith('*=')).map(text => {
    const op = parseOp(text.slice('*='.length))
    return typeof op === 'string' ? text : opWords(op)
  })
}

export function opWords(op: Op, unit?: string): string {
  const measure = unit === undefined ? '' : ` ${unit}`
  switch (op.name) {
    case 'pass': return 'as it is'
    case 'drop': return 'left out'
    case 'round': return `rounded to ${decimalText(op.step)}${measure}`
    case 'bucket': return `in ranges from ${op.bounds.map(decimalText).join(', ')}${measure} on`
    case 'mask': return 'only that there is one'
    case 'pseudonymise': return 'under another name'
    case 'h3': case 'grid': return `within some ${lengthWords(radiusOf(op))}`
    case 'time': return `times cut down to ${secondsWords(op.seconds)}`
    case 'sample': return `at most one reading in ${secondsWords(op.seconds)}`
  }
}

/** Two digits of it are enough. */
function lengthWords(metres: number): string {
  return metres >= METRES_PER_KILOMETRE ? `${rounded(metres / METRES_PER_KILOMETRE)} km` : `${rounded(metres)} m`
}

function rounded(length: number): string { return String(Number(length.toPrecision(2))) }

/** `5400` → `1 hour 30 minutes`. */
export function secondsWords(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest %= size
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.join(' ')
}
