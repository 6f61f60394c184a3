// How long a peer may take: to say who it is, to finish a packet, to say anything at all, to read what it is sent.
import type { CloseReason } from '#gateway/mqtt/close-reason.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

/** A keep alive may be overrun by half [MQTT-3.1.2-24]. */
const KEEP_ALIVE_GRACE = 1.5

/** The deadlines of one connection. All times are milliseconds of its server's uptime, and `now` never runs backwards. */
export class Deadlines {
  readonly #limits: MqttLimits
  readonly #acceptedAt: number
  /** Unknown until the connection has joined. */
  #lastPacketAt: number | undefined
  #silenceMsMax = 0
  #partialSince: number | undefined
  #unreadSince: number | undefined
  #heldSince: number | undefined

  constructor(limits: MqttLimits, now: number) {
    this.#limits = limits
    this.#acceptedAt = now
  }

  /** Its CONNECT was answered. `keepAlive` in seconds, 0 for none. */
  joined(keepAlive: number, now: number): void {
    this.#silenceMsMax = keepAlive === 0 ? this.#limits.idleMsMax : keepAlive * 1_000 * KEEP_ALIVE_GRACE
    this.#lastPacketAt = now
  }

  /** A read brought so many whole packets, and left the beginning of one more or nothing. */
  took(count: number, isPartial: boolean, now: number): void {
    if (count > 0 && this.#lastPacketAt !== undefined) this.#lastPacketAt = now
    if (!isPartial) this.#partialSince = undefined
    else if (count > 0 || this.#partialSince === undefined) this.#partialSince = now
  }

  /** Its socket is not read from now on, until it has resumed: that silence is ours. */
  held(now: number): void { this.#heldSince ??= now }

  resumed(now: number): void {
    if (this.#lastPacketAt !== undefined) this.#lastPacketAt = now
    if (this.#partialSince !== undefined) this.#partialSince += now - (this.#heldSince ?? now)
    this.#heldSince = undefined
  }

  /** It left our answers unread, and is not heard until it has read them. */
  answersUnread(now: number): void { this.#unreadSince ??= now }
  answersRead(): void { this.#unreadSince = undefined }

  /** Why it has to go, if it has. What depends on reading its socket is not held against it while that is on hold. */
  overdue(now: number, isOnHold: boolean): CloseReason | undefined {
    const { connectDeadlineMs, drainMsMax, frameDeadlineMs } = this.#limits
    if (this.#lastPacketAt === undefined) return now - this.#acceptedAt > connectDeadlineMs ? 'connect-deadline' : undefined
    if (this.#unreadSince !== undefined && now - this.#unreadSince > drainMsMax) return 'frozen-reader'
    if (isOnHold) return undefined
    if (this.#partialSince !== undefined && now - this.#partialSince > frameDeadlineMs) return 'frame-deadline'
    return now - this.#lastPacketAt > this.#silenceMsMax ? 'keep-alive' : undefined
  }
}
