// The devices of a workload and what they send, each message judged beforehand: whether it must come out, must not, or could not.
import { referenceOf } from '#benchmarks/reference.ts'
import { SHAPES, SMALL, type Shape } from '#benchmarks/corpus/corpus-shapes.ts'
import { makeCorpus, type CorpusDevice, type CorpusMessage } from '#benchmarks/corpus/hostile-corpus.ts'

export const STREAMS = ['small', 'clean', 'hostile'] as const
export type StreamName = typeof STREAMS[number]

/** In the numbers that the generator knows. */
export const KIND = { expected: 0, unconsented: 1, invalid: 2 } as const

export interface FleetDevice extends CorpusDevice { readonly isConsented: boolean, readonly connection: number }
export interface FleetMessage extends CorpusMessage { readonly kind: typeof KIND[keyof typeof KIND] }
/** What a connection tells once, before the first message. */
export interface Announcement { readonly connection: number, readonly topic: string, readonly payload: string }
export interface Fleet {
  readonly devices: readonly FleetDevice[]
  readonly messages: readonly FleetMessage[]
  /** Connections of publishers. A device always speaks through the same one. */
  readonly connections: number
  readonly announcements?: readonly Announcement[]
}

export interface FleetOptions {
  readonly stream?: StreamName, readonly shapes?: readonly Shape[], readonly devices: number, readonly connections: number,
}

/** One device in so many has no consent. */
const UNCONSENTED_EACH = 10
/** Messages that a device sends in turn: enough that an order of keys seen before is the exception in the hostile stream. */
const MESSAGES_PER_DEVICE: Record<StreamName, number> = { small: 1, clean: 4, hostile: 10 }

export function makeFleet({ stream = 'small', shapes = stream === 'small' ? [SMALL] : SHAPES, devices, connections }: FleetOptions): Fleet {
  const corpus = makeCorpus(
    {
      seed: 5, shapes, devicesPerShape: Math.ceil(devices / shapes.length), messagesPerDevice: MESSAGES_PER_DEVICE[stream],
      isHostile: stream === 'hostile', at: Date.now(),
    }
  )
  const fleet = corpus.devices.map(
    (device, n): FleetDevice => (
      { ...device, isConsented: placeOf(n, shapes.length) % UNCONSENTED_EACH !== 0, connection: n % connections }
    )
  )
  return { devices: fleet, connections, messages: corpus.messages.flatMap(message => judged(fleet[message.device]!, message, stream)) }
}

/** What a consent on the entity of a device names. */
export const grantedOf = ({ carrier, attributes }: Shape): readonly string[] => [...attributes, carrier]

/** So that each shape has its share, be there one or a thousand. */
function placeOf(n: number, shapes: number): number { return n % shapes + Math.floor(n / shapes) }

/** What is clean can be mapped, all of it. An entity without its sequence number cannot be followed: such a message is left out. */
function judged(device: FleetDevice, message: CorpusMessage, stream: StreamName): FleetMessage[] {
  if (!device.isConsented) return [{ ...message, kind: KIND.unconsented }]
  if (stream !== 'hostile') return [{ ...message, kind: KIND.expected }]
  const entity = referenceOf(device, message.payload, grantedOf(device.shape))
  if (!entity) return [{ ...message, kind: KIND.invalid }]
  return device.shape.carrier in entity ? [{ ...message, kind: KIND.expected }] : []
}
