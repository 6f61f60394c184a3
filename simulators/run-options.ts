// What a run is told, and what it tells: how fast, until when, how far, and what became of the messages.
import type { Clock } from '#simulators/clock.ts'
import type { Fault } from '#simulators/faults.ts'
import type { WireMessage } from '#simulators/message.ts'
import type { Dialect, Source } from '#simulators/source-plan.ts'

/** A message, who sends it and when: of a fleet's traffic, or of a recording. */
export interface Outgoing<S extends Source = Source> {
  readonly source: S
  readonly message: WireMessage
  readonly atMs: number
  readonly fault?: Fault
  /** The socket is to be cut right behind it. */
  readonly isCut?: true
}

/** sent = acknowledged + refused, and whatever was still in flight when nobody wanted to wait any longer. */
export interface Counts {
  /** Duplicates, malformed ones and birth messages included; what mqtt.js sends again after a break is not counted again. */
  readonly sent: number
  /** By PUBACK, or written to the socket with QoS 0. */
  readonly acknowledged: number
  /** Of a source whose credentials the broker does not know (any more). */
  readonly refused: number
  readonly duplicates: number
  readonly malformed: number
  /** Pairs that changed places. */
  readonly reordered: number
  /** Sockets cut on purpose. */
  readonly disconnects: number
  /** Of those sent. */
  readonly byDialect: Readonly<Partial<Record<Dialect, number>>>
}

/** How far a run is, for whoever draws it. */
export interface Progress {
  readonly counts: Counts
  readonly elapsedMs: number
  readonly inFlight: number
  readonly connected: number
  readonly sources: number
  /** How long after its time the last message went out: a broker that is too slow keeps a fleet waiting. */
  readonly behindMs: number
  /** 0 to 1; undefined where the run has no end. */
  readonly share: number | undefined
}

export interface RunOptions {
  /** Messages a second over the whole fleet; absent: each device keeps its own period. */
  readonly rate?: number
  /** Ends the run after so many seconds, whatever is still to be said. */
  readonly seconds?: number
  /** Ends the run after so many messages. */
  readonly count?: number
  /** Ends the run when all is sent that is said in so many seconds of the devices' own time, however long a slow broker makes that take. */
  readonly lifeS?: number
  /** When the devices' time begins, in whole milliseconds since 1970; absent: now. */
  readonly startMs?: number
  /** Simulated seconds in one real second: devices live faster, and unless they began earlier the times that they tell run ahead. */
  readonly speedup?: number
  /** Time itself, for tests; `seconds` are then this clock's. */
  readonly clock?: Clock
  readonly qos?: 0 | 1
  /** A few times a second, and once at the end. */
  readonly onProgress?: (progress: Progress) => void
  /** Told of each message when it was handed over, in that order; the next one waits for it. */
  readonly record?: (sent: Outgoing) => Promise<void>
  /** Ends the run early, as if its time were over. */
  readonly signal?: AbortSignal
}
