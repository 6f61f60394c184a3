// A process that publishes as fast as its socket takes it, for a while: `node flood.ts PORT USERNAME PASSWORD DEVICE BASE QOS MILLISECONDS`.
// Its readings are BASE degrees and a millionth for each that was sent. Its last word is JSON: how much it sent, and how much of it was
// acknowledged, which is in order.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const [port = '', username = '', password = '', device = '', base = '', qos = '', milliseconds = ''] = process.argv.slice(2)
const TURN = 500, ACK_BYTES = 4, CONNACK_BYTES = 4, SILENCE_MS = 2_000

const string = (text: string): Buffer => {
  const bytes = Buffer.from(text), length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
const packet = (head: number, body: Buffer): Buffer => {
  const length = body.length < 128 ? [body.length] : [body.length % 128 | 128, body.length >> 7]
  return Buffer.concat([Buffer.from([head, ...length]), body])
}

let sent = 0, received = 0
const publish = (): Buffer => {
  const id = Buffer.alloc(Number(qos) > 0 ? 2 : 0), n = ++sent
  if (id.length > 0) id.writeUInt16BE((n - 1) % 65_535 + 1)
  return packet(0x30 | Number(qos) << 1, Buffer.concat([string(`zigbee2mqtt/${device}`), id, Buffer.from(`{"temperature":${(Number(base) + n / 1e6).toFixed(6)},"battery":90}`)]))
}
const socket = connect(Number(port), '127.0.0.1')
socket.on('data', bytes => { received += bytes.length })
socket.on('error', () => { /* the other end has gone */ })
await once(socket, 'connect')
socket.write(packet(0x10, Buffer.concat([string('MQTT'), Buffer.from([4, 0xc2, 0, 60]), string(`flood-${device}`), string(username), string(password)])))
while (received < CONNACK_BYTES) await delay(5)
for (const until = Date.now() + Number(milliseconds); Date.now() < until && !socket.destroyed;) {
  if (!socket.writableNeedDrain) socket.write(Buffer.concat(Array.from({ length: TURN }, publish)))
  await delay(socket.writableNeedDrain ? 1 : 0)
}
for (let before = -1; before !== received;) { before = received; await delay(SILENCE_MS) }
console.log(JSON.stringify({ sent, acknowledged: (received - CONNACK_BYTES) / ACK_BYTES }))
socket.destroy()
