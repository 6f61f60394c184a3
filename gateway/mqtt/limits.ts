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
  /** Characters of a topic name or filter. */
  readonly topicCharsMax: number
  /** Packets and bytes of one connection that wait for their batch. Above either its socket is not read, until half of it is left. */
  readonly waitingPacketsMax: number
  readonly waitingBytesMax: number
  /** Bytes of all connections that wait for their batch. What is left of it is what one of them may have waiting. */
  readonly waitingBytesInAllMax: number
  /** SUBSCRIBE, UNSUBSCRIBE and PINGREQ of one connection. Its socket is not read for what is left of a sweep above that. */
  readonly requestsPerSecondMax: number
  /** Packets and bytes that one source may send, over all its connections. Above either its sockets are not read until it may again. */
  readonly packetsPerSecondPerSourceMax: number
  readonly bytesPerSecondPerSourceMax: number
  /** Milliseconds that messages of one source may take of each second where they need the long road. Above that likewise. */
  readonly longRoadMsPerSecondPerSourceMax: number
  /** Subscriptions of one source, over all its connections. */
  readonly filtersPerSourceMax: number
  /** Feeds that one reader's connection follows, beside those of its others. */
  readonly feedsPerReaderMax: number
  /** How long a reader whose connection has to end may take for what it was to get before that. */
  readonly leavingMsMax: number
  /** Sessions of one source, with and without a connection. */
  readonly sessionsPerSourceMax: number
  /** Sessions without a connection, in all. Beyond that the one that has been away for longest makes room. */
  readonly sessionsAwayMax: number
  /** How long a session may outlive its connection. */
  readonly sessionExpirySMax: number
  /** Deliveries of QoS 1 and 2 to one client that it has not acknowledged, in count and in bytes: beyond either the next one waits. */
  readonly inFlightMax: number
  readonly inFlightBytesMax: number
  /** Of feeds to one reader, messages that it has not acknowledged: ids, and no bytes. Beyond it feeds wait, in the journal. */
  readonly inFlightPerReaderMax: number
  /** Deliveries of QoS 1 and 2 that wait for one session, in count and in bytes. What comes above either is left out. */
  readonly queueMessagesMax: number
  readonly queueBytesMax: number
  /** Bytes that wait for all clients of one source, or are in flight to them. What comes above that is left out. */
  readonly queueBytesPerSourceMax: number
  /** Subscriptions of one source in bytes: their filters, and the levels of the tree that these make. */
  readonly filterBytesPerSourceMax: number
  /** Retained messages of one source, in count and in bytes: topics, payloads, properties, and the levels of the tree. */
  readonly retainedPerSourceMax: number
  readonly retainedBytesMax: number
  /** Publishes of QoS 1 and 2 that a client of MQTT 5 may send ahead of our acknowledgements. */
  readonly receiveMaximum: number
  /** Aliases that a client of MQTT 5 may use for topics. */
  readonly topicAliasMax: number
  /** The longest keep alive: a client of MQTT 5 that asks for more, or for none, is told this one. */
  readonly keepAliveSMax: number
  /** Of packets that are not whole yet, over all connections. Beyond that the connection whose packet was begun first is closed. */
  readonly partialBytesMax: number
  /** All that is remembered for sources: what waits for their clients, what is retained, their subscriptions and wills. Beyond that nothing is added. */
  readonly heldBytesMax: number
  /** Bytes that wait in the socket of a reader who is blocked. Above it QoS 0 is left out for it, and the rest waits in its session. */
  readonly readerBytesMax: number
  /** The same over all readers. While it is exceeded each has a sixteenth of its own. */
  readonly readerBytesInAllMax: number
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
  topicCharsMax: 1_024,
  waitingPacketsMax: 4_096,
  waitingBytesMax: 1_048_576,
  waitingBytesInAllMax: 1_048_576,
  requestsPerSecondMax: 400,
  packetsPerSecondPerSourceMax: 100_000,
  bytesPerSecondPerSourceMax: 134_217_728,
  longRoadMsPerSecondPerSourceMax: 250,
  filtersPerSourceMax: 256,
  feedsPerReaderMax: 20_000,
  leavingMsMax: 10_000,
  filterBytesPerSourceMax: 4_194_304,
  sessionsPerSourceMax: 256,
  sessionsAwayMax: 100_000,
  sessionExpirySMax: 7 * 86_400,
  inFlightMax: 1_000,
  inFlightBytesMax: 8_388_608,
  inFlightPerReaderMax: 8_192,
  queueMessagesMax: 1_000,
  queueBytesMax: 4_194_304,
  queueBytesPerSourceMax: 33_554_432,
  retainedPerSourceMax: 10_000,
  retainedBytesMax: 16_777_216,
  receiveMaximum: 1_024,
  topicAliasMax: 64,
  keepAliveSMax: 3_600,
  partialBytesMax: 67_108_864,
  heldBytesMax: 536_870_912,
  readerBytesMax: 1_048_576,
  readerBytesInAllMax: 268_435_456,
}

/** Deadlines are kept to this many milliseconds: one timer looks after all connections. */
export const SWEEP_MS = 250
