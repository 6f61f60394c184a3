// The ways out of the gateway, each with the ways in which a receiver may stand there as a consent is withdrawn.
import type { Lane, Place } from '#test/chaos/withdrawal/place.ts'
import { Tap } from '#test/chaos/withdrawal/tap.ts'

/**
 * `live`: gets what comes. `opening`: asks for what is kept, at about the same time. `away`: comes back to its session, to what came
 * meanwhile. `unacknowledged`: comes back to what it never acknowledged. `unsubscribing`: ends it itself, at about the same time. `frozen`:
 * does not read, and the gateway has more for it than the kernel takes.
 */
export type Kind = 'live' | 'opening' | 'away' | 'unacknowledged' | 'unsubscribing' | 'frozen'
type Open = (place: Place, lane: Lane, from: string | undefined, isPolite: boolean) => Tap

export interface Exit {
  readonly name: string
  /** Of which a gateway without the barrier has to leak. */
  readonly family: string
  readonly kind: Kind
  readonly open: Open
  /** As whom it comes back; left out: it opens it anew. */
  readonly comeBack?: Open
  /** Ends what it follows by itself. */
  readonly unsubscribe?: (tap: Tap, lane: Lane) => void
}

/** A race of an exit as it goes on. `from`: a time before its consent. */
export interface Opened { readonly place: Place, readonly lane: Lane, readonly exit: Exit, readonly taps: Tap[], readonly from: string }

const UPGRADE = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==']
const query = (words: string, from: string | undefined): string => [words, ...from === undefined ? [] : [`from=${encodeURIComponent(from)}`]].filter(Boolean).join('&')

const webSocket = (words = ''): Open => ({ users }, { streamId, city }, from) => Tap.http(users.http, `/streams/${encodeURIComponent(streamId)}/subscribe?${query(words, from)}`, city, UPGRADE)
const events = (words = ''): Open => ({ users }, { streamId, city }, from) => Tap.http(users.http, `/v1/streams/${encodeURIComponent(streamId)}/events?${query(words, from)}`, city, [])
const follow = (version: 4 | 5, qos: 0 | 1, { clean = true, prefix = 'streams/' } = {}): Open => ({ users }, { streamId, city, device }, _, isPolite) =>
  Tap.mqtt(users.mqtt, city, { version, qos, clean, clientId: clean ? '' : device, topic: prefix + streamId, isPolite })
/** Comes back to its session and asks for nothing: whatever comes is what the session had. */
const retake = (version: 4 | 5): Open => ({ users }, { streamId, city, device }) =>
  Tap.mqtt(users.mqtt, city, { version, qos: 1, clean: false, clientId: device, topic: `streams/${streamId}`, subscribes: false })
const leave = (version: 4 | 5, prefix = 'streams/') => (tap: Tap, { streamId }: Lane): void => tap.unsubscribe(prefix + streamId, version)

/** Doors that are tried after an acknowledgement, whatever the exit. */
export const DOORS: readonly Open[] = [webSocket('envelope=1'), webSocket('proof=1'), events(), follow(4, 1), follow(5, 0), follow(5, 1, { prefix: 'proofs/' })]
export const SESSION_DOORS: readonly Open[] = [retake(5), follow(5, 1, { clean: false })]

export const EXITS: readonly Exit[] = [
  { name: 'websocket', family: 'websocket', kind: 'live', open: webSocket() },
  { name: 'websocket envelope', family: 'websocket', kind: 'live', open: webSocket('envelope=1') },
  { name: 'websocket proof', family: 'proofs', kind: 'live', open: webSocket('proof=1') },
  { name: 'websocket replay', family: 'replay', kind: 'opening', open: webSocket('envelope=1') },
  { name: 'websocket proof replay', family: 'replay', kind: 'opening', open: webSocket('proof=1') },
  { name: 'sse', family: 'sse', kind: 'live', open: events() },
  { name: 'sse proof', family: 'proofs', kind: 'live', open: events('proof=1') },
  { name: 'sse replay', family: 'replay', kind: 'opening', open: events('envelope=1') },
  { name: 'mqtt 3.1.1 qos 0', family: 'mqtt', kind: 'live', open: follow(4, 0) },
  { name: 'mqtt 3.1.1 qos 1', family: 'mqtt', kind: 'live', open: follow(4, 1) },
  { name: 'mqtt 5 qos 0', family: 'mqtt', kind: 'live', open: follow(5, 0) },
  { name: 'mqtt 5 qos 1', family: 'mqtt', kind: 'live', open: follow(5, 1) },
  { name: 'mqtt proofs qos 0', family: 'proofs', kind: 'live', open: follow(5, 0, { prefix: 'proofs/' }) },
  { name: 'mqtt proofs qos 1', family: 'proofs', kind: 'live', open: follow(4, 1, { prefix: 'proofs/' }) },
  { name: 'mqtt 3.1.1 away', family: 'mqtt queued', kind: 'away', open: follow(4, 1, { clean: false }), comeBack: retake(4) },
  { name: 'mqtt 5 away', family: 'mqtt queued', kind: 'away', open: follow(5, 1, { clean: false }), comeBack: retake(5) },
  { name: 'mqtt 3.1.1 unacknowledged', family: 'mqtt in flight', kind: 'unacknowledged', open: follow(4, 1, { clean: false }), comeBack: retake(4) },
  { name: 'mqtt 5 unacknowledged', family: 'mqtt in flight', kind: 'unacknowledged', open: follow(5, 1, { clean: false }), comeBack: retake(5) },
  { name: 'mqtt 5 qos 0 unsubscribing', family: 'mqtt', kind: 'unsubscribing', open: follow(5, 0), unsubscribe: leave(5) },
  { name: 'mqtt proofs unsubscribing', family: 'mqtt', kind: 'unsubscribing', open: follow(5, 0, { prefix: 'proofs/' }), unsubscribe: leave(5, 'proofs/') },
]

/** Those whose receiver does not read: each race takes some megabytes. */
export const FROZEN_EXITS: readonly Exit[] = [
  { name: 'websocket frozen', family: 'websocket frozen', kind: 'frozen', open: webSocket('envelope=1') },
  { name: 'sse frozen', family: 'sse frozen', kind: 'frozen', open: events('envelope=1') },
  { name: 'mqtt qos 0 frozen', family: 'mqtt frozen', kind: 'frozen', open: follow(5, 0) },
  { name: 'mqtt qos 1 frozen', family: 'mqtt frozen', kind: 'frozen', open: follow(4, 1) },
  { name: 'proofs frozen', family: 'proofs frozen', kind: 'frozen', open: webSocket('proof=1') },
]
