// All connections of a run: opened when they are first needed, a few at a time, and with a bound on what they have in flight together.
import { Connection, type ConnectionState, type Credentials, type Outcome } from '#simulators/connection.ts'
import type { Source } from '#simulators/source-plan.ts'

export type CredentialsOf<S extends Source> = (source: S) => Credentials | Promise<Credentials>

/** Messages of all connections together that are taken and not settled. */
export const IN_FLIGHT_TOTAL_MAX = 4_096
/** Connections that are being made at one time, so that a large fleet does not run a listener over. */
export const CONNECTING_MAX = 64

export class Pool<S extends Source> {
  readonly states: Record<ConnectionState, number> = { closed: 0, connecting: 0, up: 0, refused: 0 }
  readonly settled: Record<Outcome, number> = { acknowledged: 0, refused: 0 }
  inFlight = 0
  readonly #credentialsOf: CredentialsOf<S>
  readonly #qos: 0 | 1
  readonly #connections = new Map<S, Connection>()
  #wake: () => void = () => undefined

  constructor(credentialsOf: CredentialsOf<S>, qos: 0 | 1) {
    this.#credentialsOf = credentialsOf
    this.#qos = qos
  }

  /** The connection of a source once it has room for a message, or undefined where the signal is aborted before. */
  async withRoom(source: S, signal: AbortSignal): Promise<Connection | undefined> {
    const connection = this.#connections.get(source) ?? await this.#opened(source, signal)
    await this.#until(() => connection?.isFull === false && this.inFlight < IN_FLIGHT_TOTAL_MAX, signal)
    return signal.aborted ? undefined : connection
  }

  /** Resolves when everything is settled, or the signal is aborted. */
  drained(signal: AbortSignal): Promise<void> {
    return this.#until(() => this.inFlight === 0, signal)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#connections.values(), connection => connection.close()))
  }

  async #opened(source: S, signal: AbortSignal): Promise<Connection | undefined> {
    await this.#until(() => this.states.connecting < CONNECTING_MAX, signal)
    if (signal.aborted) return undefined
    const connection = new Connection({
      clientId: source.clientId, will: source.will, qos: this.#qos,
      onState: (from, to) => {
        this.states[from]--
        this.states[to]++
        this.#wake()
      },
      onSettled: outcome => {
        this.inFlight--
        this.settled[outcome]++
        this.#wake()
      },
    })
    this.states.closed++
    this.#connections.set(source, connection)
    connection.open(await this.#credentialsOf(source))
    return connection
  }

  /** There is one who waits, the run, so one alarm is enough. */
  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    if (holds()) return
    const stop = () => this.#wake()
    signal.addEventListener('abort', stop)
    while (!signal.aborted && !holds()) await new Promise<void>(resolve => { this.#wake = resolve })
    signal.removeEventListener('abort', stop)
  }
}
