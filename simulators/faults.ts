// What happens to a message between a device and the wire when the world is not kind. Each fault is drawn from the source's own chance.
import type { Message } from '#simulators/devices/device.ts'
import type { Faults } from '#simulators/fleet.ts'
import type { Random } from '#simulators/random.ts'

export const FAULTS = ['duplicate', 'malformed', 'reordered'] as const
export type Fault = (typeof FAULTS)[number]

/** One message as it goes out. */
export interface Sending {
  readonly message: Message
  readonly fault?: Fault
  /** The socket is to be cut right behind it. */
  readonly isCut?: true
  /** Said because the connection is new, and not because a device reported. */
  readonly isBirth?: true
}

/** More digits than a double can hold the size of, and more bytes than any reading has a use for. */
const HUGE_DIGITS = 60_000

/** Ways to break a JSON payload, one of which is drawn: each remains something that a broken device might send. */
export const MALFORMATIONS: readonly ((payload: string) => string)[] = [
  payload => payload.slice(0, payload.length >> 1),
  payload => payload.replace(/[{[]/, bracket => `${bracket}${bracket === '{' ? '"temperature"' : '['}`),
  payload => firstNumber(payload, '"n/a"'),
  payload => firstNumber(payload, '{}'),
  payload => firstNumber(payload, '1e400'),
  payload => firstNumber(payload, '9'.repeat(HUGE_DIGITS)),
  () => '',
  () => '\u0000\u0001\u0002',
]

function spoilt(message: Message, random: Random): Message {
  return { ...message, payload: random.pick(MALFORMATIONS)(message.payload) }
}

function firstNumber(payload: string, replacement: string): string {
  return payload.replace(/(?<=[:[,])-?\d+(\.\d+)?(?=[,}\]])/, replacement)
}

/** The line of one source. A message that is to change places waits here for the next one. */
export class Line {
  readonly #faults: Faults
  readonly #random: Random
  #held: Sending | undefined

  constructor(faults: Faults, random: Random) {
    this.#faults = faults
    this.#random = random
  }

  /** What goes out because a device reported: nothing yet, the message, or more than it. */
  *pass(message: Message): Generator<Sending> {
    const { duplicate, reorder, disconnect, malformed } = this.#faults
    const random = this.#random
    const sending: Sending = random.chance(malformed) ? { message: spoilt(message, random), fault: 'malformed' } : { message }
    if (random.chance(reorder) && !this.#held) {
      this.#held = sending
      return
    }
    const isCut = random.chance(disconnect)
    const isTwice = random.chance(duplicate)
    yield { ...sending, ...isCut && !isTwice && { isCut } }
    if (isTwice) yield { message: sending.message, fault: 'duplicate', ...isCut && { isCut } }
    if (this.#held) yield { ...this.#held, fault: this.#held.fault ?? 'reordered' }
    this.#held = undefined
  }
}
