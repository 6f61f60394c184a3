// The plan of the load generator: all its packets ready to be sent, as a file that load.c reads. Integers are 32 bits, little end first.
import { generate, type Packet } from 'mqtt-packet'
import { KIND, type Fleet } from '#benchmarks/fleet.ts'
import type { Endpoint, Pipeline } from '#benchmarks/pipelines/pipeline.ts'
import type { Qos } from '#benchmarks/workloads/scenario.ts'

const ROLE = { publisher: 0, subscriber: 1, webSocket: 2 } as const
/** A SUBSCRIBE is smaller than the least limit of any server here, our own of 16 KiB. */
const SUBSCRIBE_BYTES_MAX = 12_000
/** A packet id of two bytes stands behind the topic. */
const PACKET_ID = 1

export interface PlanOptions {
  readonly fleet: Fleet, readonly pipeline: Pipeline, readonly qosIn: Qos, readonly qosOut: Qos, readonly sampleEvery: number,
}

export function writePlan({ fleet, pipeline, qosIn, qosOut, sampleEvery }: PlanOptions): Buffer {
  const { readers, publishers, isForwarding } = pipeline
  const connections = fleet.connections + readers.reduce((sum, { connections }) => sum + connections.length, 0)
  const parts = [
    integers(connections, fleet.messages.length, fleet.devices.length, Math.max(1, readers.length), isForwarding ? 1 : 0, sampleEvery)
  ]
  for (const [n, endpoint] of publishers.entries()) parts.push(
    connection(ROLE.publisher, endpoint, qosIn, 0, connect(endpoint, `publisher-${n}`), [])
  )
  for (const [group, reader] of readers.entries()) {
    for (const [n, endpoint] of reader.connections.entries()) {
      if (endpoint.path === undefined) parts.push(
        connection(
          ROLE.subscriber, endpoint, qosOut, group, connect(endpoint, `reader-${group}-${n}`), subscribes(endpoint.filters ?? [], qosOut)
        )
      )
      else parts.push(connection(ROLE.webSocket, endpoint, 0, group, upgrade(endpoint), []))
    }
  }
  for (const message of fleet.messages) {
    const { topic, payload, device, sequenceAt } = message
    const packet = packed(
      { cmd: 'publish', topic, payload, qos: qosIn, dup: false, retain: false, ...qosIn > 0 && { messageId: PACKET_ID } }
    )
    const start = packet.length - payload.length, kind = kindFor(message.kind, pipeline, sequenceAt)
    parts.push(
      integers(
        fleet.devices[device]!.connection, device, kind, sequenceAt < 0 ? 0 : start + sequenceAt, qosIn > 0 ? start - 2 : 0, packet.length
      ),
      packet
    )
  }
  return Buffer.concat(parts)
}

/** Whoever only forwards lets everything out; what has no sequence number cannot be followed, and is not looked for. A sink lets out nothing. */
function kindFor(kind: number, { isForwarding, readers }: Pipeline, sequenceAt: number): number {
  if (readers.length === 0) return KIND.invalid
  if (!isForwarding) return kind
  return sequenceAt < 0 ? KIND.invalid : KIND.expected
}

function connection(role: number, { port }: Endpoint, qos: Qos, group: number, hello: Buffer, subscriptions: readonly Buffer[]): Buffer {
  const subscribing = subscriptions.flatMap(packet => [integers(packet.length), packet])
  return Buffer.concat([integers(port, role, qos, group, hello.length), hello, integers(subscriptions.length), ...subscribing])
}

function connect({ username, password }: Endpoint, clientId: string): Buffer {
  return packed(
    {
      cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId, keepalive: 0,
      ...username !== undefined && { username, password: Buffer.from(password ?? '') },
    }
  )
}

function subscribes(filters: readonly string[], qos: Qos): Buffer[] {
  const packets: Buffer[] = []
  for (let from = 0, to = 0; from < filters.length; from = to) {
    let bytes = 0
    for (; to < filters.length && bytes < SUBSCRIBE_BYTES_MAX; to++) bytes += filters[to]!.length + 3
    packets.push(
      packed({ cmd: 'subscribe', messageId: packets.length + 1, subscriptions: filters.slice(from, to).map(topic => ({ topic, qos })) })
    )
  }
  return packets
}

function upgrade({ port, path, password }: Endpoint): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: c2x1aWNlIGJlbmNobWFyaw==', `Authorization: Bearer ${password}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

function packed(packet: Packet): Buffer { return generate(packet) }

function integers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [n, value] of values.entries()) bytes.writeUInt32LE(value, 4 * n)
  return bytes
}
