// Reason codes of MQTT 5 (§2.4) by name, and what a peer did that cannot stand.
import type { CloseReason } from '#gateway/mqtt/close-reason.ts'

export const REASON = {
  SUCCESS: 0x00, NORMAL: 0x00, WITH_WILL: 0x04, NO_SUBSCRIBERS: 0x10, NO_SUBSCRIPTION: 0x11,
  UNSPECIFIED: 0x80, MALFORMED: 0x81, PROTOCOL_ERROR: 0x82, UNSUPPORTED_VERSION: 0x84, BAD_CLIENT_ID: 0x85, BAD_CREDENTIALS: 0x86, NOT_AUTHORIZED: 0x87,
  UNAVAILABLE: 0x88, BUSY: 0x89, SHUTTING_DOWN: 0x8b, BAD_AUTH_METHOD: 0x8c, KEEP_ALIVE: 0x8d, TAKEN_OVER: 0x8e, BAD_FILTER: 0x8f, BAD_TOPIC: 0x90,
  ID_IN_USE: 0x91, ID_NOT_FOUND: 0x92, RECEIVE_MAXIMUM: 0x93, BAD_ALIAS: 0x94, TOO_LARGE: 0x95, QUOTA: 0x97, ADMINISTRATIVE: 0x98,
} as const

/** What a peer sent may not stand: its connection ends. */
export class Violation extends Error {
  readonly reason: CloseReason
  /** Told by DISCONNECT to a peer that speaks MQTT 5; undefined: nothing is said. */
  readonly code: number | undefined
  constructor(reason: CloseReason, code?: number) {
    super(reason)
    this.name = 'Violation'
    this.reason = reason
    this.code = code
  }
}

/** A CONNECT that is answered with a CONNACK which refuses it. */
export class Refusal extends Error {
  readonly reason: CloseReason
  /** As MQTT 5 says it; what older versions say is made from it. */
  readonly code: number
  constructor(reason: CloseReason, code: number) {
    super(reason)
    this.name = 'Refusal'
    this.reason = reason
    this.code = code
  }
}

export const malformed = (): Violation => new Violation('malformed', REASON.MALFORMED)
export const protocolError = (): Violation => new Violation('malformed', REASON.PROTOCOL_ERROR)
