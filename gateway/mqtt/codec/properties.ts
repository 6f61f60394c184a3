// The properties of MQTT 5 (§2.2.2.2) as a table: what each is called, how it is written, and which packets may carry it.

export type PropertyKind = 'byte' | 'word' | 'long' | 'variable' | 'text' | 'binary' | 'pair'

/** What carries properties. A will's are those of a publish to come. */
export type Carrier = 'CONNECT' | 'CONNACK' | 'PUBLISH' | 'WILL' | 'ACK' | 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'SUBACK' | 'DISCONNECT' | 'AUTH'

/** The properties of one packet. Numbers are integers; binaries are views of the frame. */
export interface Properties {
  payloadFormat?: number
  /** Seconds. */
  messageExpiry?: number
  contentType?: string
  responseTopic?: string
  correlationData?: Uint8Array
  /** In the order of the packet. */
  subscriptionIds?: number[]
  /** Seconds; 0xffffffff: for ever. */
  sessionExpiry?: number
  assignedClientId?: string
  /** Seconds. */
  serverKeepAlive?: number
  authMethod?: string
  authData?: Uint8Array
  requestProblem?: number
  /** Seconds. */
  willDelay?: number
  requestResponse?: number
  responseInformation?: string
  serverReference?: string
  reasonString?: string
  receiveMaximum?: number
  topicAliasMaximum?: number
  topicAlias?: number
  maximumQos?: number
  retainAvailable?: number
  user?: [string, string][]
  /** Bytes. */
  maximumPacketSize?: number
  wildcardAvailable?: number
  subscriptionIdsAvailable?: number
  sharedAvailable?: number
  /** The bytes of those that travel on with a message, in their order: a copy. */
  forwarded?: Buffer
}

/** What concerns one hop of a message, or changes on the way. */
export const NOT_FORWARDED: ReadonlySet<keyof Properties> = new Set<keyof Properties>(['topicAlias', 'subscriptionIds', 'messageExpiry', 'willDelay'])

export interface PropertyRule {
  readonly id: number
  readonly name: Exclude<keyof Properties, 'forwarded'>
  readonly kind: PropertyKind
  readonly carriers: readonly Carrier[]
  /** Least and greatest value, where not all that can be written is allowed. */
  readonly range?: readonly [number, number]
  /** May stand in a packet more than once. */
  readonly isList?: true
}

const FLAG = [0, 1] as const
const EVERYWHERE: readonly Carrier[] = ['CONNACK', 'ACK', 'SUBACK', 'DISCONNECT', 'AUTH']

export const PROPERTY_RULES: readonly PropertyRule[] = [
  { id: 0x01, name: 'payloadFormat', kind: 'byte', carriers: ['PUBLISH', 'WILL'], range: FLAG },
  { id: 0x02, name: 'messageExpiry', kind: 'long', carriers: ['PUBLISH', 'WILL'] },
  { id: 0x03, name: 'contentType', kind: 'text', carriers: ['PUBLISH', 'WILL'] },
  { id: 0x08, name: 'responseTopic', kind: 'text', carriers: ['PUBLISH', 'WILL'] },
  { id: 0x09, name: 'correlationData', kind: 'binary', carriers: ['PUBLISH', 'WILL'] },
  // A client may not send one in a PUBLISH [MQTT5-3.3.4-6]; Mosquitto takes it and forgets it, and so do we.
  { id: 0x0b, name: 'subscriptionIds', kind: 'variable', carriers: ['SUBSCRIBE', 'PUBLISH'], range: [1, 268_435_455], isList: true },
  { id: 0x11, name: 'sessionExpiry', kind: 'long', carriers: ['CONNECT', 'CONNACK', 'DISCONNECT'] },
  { id: 0x12, name: 'assignedClientId', kind: 'text', carriers: ['CONNACK'] },
  { id: 0x13, name: 'serverKeepAlive', kind: 'word', carriers: ['CONNACK'] },
  { id: 0x15, name: 'authMethod', kind: 'text', carriers: ['CONNECT', 'CONNACK', 'AUTH'] },
  { id: 0x16, name: 'authData', kind: 'binary', carriers: ['CONNECT', 'CONNACK', 'AUTH'] },
  { id: 0x17, name: 'requestProblem', kind: 'byte', carriers: ['CONNECT'], range: FLAG },
  { id: 0x18, name: 'willDelay', kind: 'long', carriers: ['WILL'] },
  { id: 0x19, name: 'requestResponse', kind: 'byte', carriers: ['CONNECT'], range: FLAG },
  { id: 0x1a, name: 'responseInformation', kind: 'text', carriers: ['CONNACK'] },
  { id: 0x1c, name: 'serverReference', kind: 'text', carriers: ['CONNACK', 'DISCONNECT'] },
  { id: 0x1f, name: 'reasonString', kind: 'text', carriers: EVERYWHERE },
  { id: 0x21, name: 'receiveMaximum', kind: 'word', carriers: ['CONNECT', 'CONNACK'], range: [1, 65_535] },
  { id: 0x22, name: 'topicAliasMaximum', kind: 'word', carriers: ['CONNECT', 'CONNACK'] },
  { id: 0x23, name: 'topicAlias', kind: 'word', carriers: ['PUBLISH'] },
  { id: 0x24, name: 'maximumQos', kind: 'byte', carriers: ['CONNACK'], range: FLAG },
  { id: 0x25, name: 'retainAvailable', kind: 'byte', carriers: ['CONNACK'], range: FLAG },
  { id: 0x26, name: 'user', kind: 'pair', carriers: ['CONNECT', 'PUBLISH', 'WILL', 'SUBSCRIBE', 'UNSUBSCRIBE', ...EVERYWHERE], isList: true },
  { id: 0x27, name: 'maximumPacketSize', kind: 'long', carriers: ['CONNECT', 'CONNACK'], range: [1, 0xffffffff] },
  { id: 0x28, name: 'wildcardAvailable', kind: 'byte', carriers: ['CONNACK'], range: FLAG },
  { id: 0x29, name: 'subscriptionIdsAvailable', kind: 'byte', carriers: ['CONNACK'], range: FLAG },
  { id: 0x2a, name: 'sharedAvailable', kind: 'byte', carriers: ['CONNACK'], range: FLAG },
]
