// Every bound of the MQTT edge in one place, each with its unit. A peer can make us hold no more than these allow.

export interface MqttLimits {
  /** Authenticated connections, in all and of one source. More are answered "server unavailable". */
  readonly connectionsMax: number
  readonly connectionsPerSourceMax: number
  /** Connections that have not authenticated (yet). One more pushes out the oldest, so that a crowd cannot lock out a newcomer. */
  readonly newcomersMax: number
  /** From the accepted socket to a complete CONNECT, answered. */
  readonly connectDeadlineMs: number
  /** From the first byte of a packet to its last. */
  readonly frameDeadlineMs: number
  /** Longest silence of a client that asked for no keep alive. */
  readonly idleMsMax: number
  /** How long a peer may leave what we write unread while more is waiting for it. */
  readonly drainMsMax: number
  /** How long a socket may linger after our last word. */
  readonly goodbyeMsMax: number
  /** Remaining length of a CONNECT, of a PUBLISH, and of a SUBSCRIBE or UNSUBSCRIBE. */
  readonly connectBytesMax: number
  readonly publishBytesMax: number
  readonly filtersBytesMax: number
  /** Packets and bytes of one connection that wait for their batch. Above either its socket is not read, until half of it is left. */
  readonly waitingPacketsMax: number
  readonly waitingBytesMax: number
  /** SUBSCRIBE, UNSUBSCRIBE and PINGREQ of one connection. Its socket is not read for what is left of a sweep above that. */
  readonly requestsPerSecondMax: number
  /** Subscriptions of one source, over all its connections. */
  readonly filtersPerSourceMax: number
  /** Bytes of deliveries that wait for a reader who is blocked. Above it QoS 0 is left out, and a reader of QoS 1 or 2 is cut. */
  readonly readerBytesMax: number
}

export const MQTT_LIMITS: MqttLimits = {
  connectionsMax: 10_000,
  connectionsPerSourceMax: 32,
  newcomersMax: 4_000,
  connectDeadlineMs: 5_000,
  frameDeadlineMs: 20_000,
  idleMsMax: 3_600_000,
  drainMsMax: 5_000,
  goodbyeMsMax: 1_000,
  connectBytesMax: 4_096,
  // The list of devices that a large Zigbee2MQTT publishes, and its topic: cut off for that, it would come back with it for ever.
  publishBytesMax: 1_114_112,
  filtersBytesMax: 16_384,
  waitingPacketsMax: 4_096,
  waitingBytesMax: 1_048_576,
  requestsPerSecondMax: 400,
  filtersPerSourceMax: 256,
  readerBytesMax: 1_048_576,
}

/** Deadlines are kept to this many milliseconds: one timer looks after all connections. */
export const SWEEP_MS = 250
