// What a device published, as far as an adapter may know it: the topic inside its source, the bytes, and when they came.

/** One MQTT PUBLISH, seen from inside its source (no source prefix in the topic). */
export interface Packet {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** Arrival at the gateway, in milliseconds since 1970 (UTC). An adapter has no other clock. */
  readonly receivedAt: number
}
