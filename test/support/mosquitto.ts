// A real Mosquitto on a free port of loopback, which can be killed and started again, and a tap on the wire between it and the gateway.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parser, type Packet } from 'mqtt-packet'
import { temporaryFolder } from '#test/support/temporary.ts'

const BINARY = ['/usr/sbin/mosquitto', 'mosquitto'].find(path => spawnSync(path, ['-h']).error === undefined)
export const hasMosquitto = BINARY !== undefined

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface MosquittoOptions {
  /** Lines of its configuration, behind the listener's. */
  readonly lines?: readonly string[]
  /** Names and passwords; without any, everybody may connect. */
  readonly users?: Readonly<Record<string, string>>
}

export class Mosquitto {
  readonly port: number
  readonly folder = temporaryFolder()
  readonly #configuration: string
  #child: ChildProcess | undefined

  private constructor(port: number, { lines = [], users }: MosquittoOptions) {
    this.port = port
    this.#configuration = join(this.folder, 'mosquitto.conf')
    if (users) this.setUsers(users)
    writeFileSync(this.#configuration, [
      `listener ${port} 127.0.0.1`, 'user root', 'persistence true', `persistence_location ${this.folder}/`, 'max_queued_messages 0',
      users ? `allow_anonymous false\npassword_file ${join(this.folder, 'users')}` : 'allow_anonymous true', ...lines,
    ].join('\n'))
  }

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const mosquitto = new Mosquitto(await freePort(), options)
    await mosquitto.restart()
    return mosquitto
  }

  setUsers(users: Readonly<Record<string, string>>): void {
    const file = join(this.folder, 'users')
    writeFileSync(file, Object.entries(users).map(([name, password]) => `${name}:${password}\n`).join(''), { mode: 0o600 })
    spawnSync('mosquitto_passwd', ['-U', file])
  }

  /** Starts it on its port; resolves when it listens. */
  async restart(): Promise<void> {
    const child = this.#child = spawn(BINARY!, ['-c', this.#configuration], { stdio: 'ignore' })
    for (let isUp = false; !isUp;) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`)
      isUp = await answers(this.port)
      if (!isUp) await delay(20)
    }
  }

  /** SIGTERM lets it write down what it holds; SIGKILL does not. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Stands between a bridge and its broker, and sees what was handed over and what was acknowledged. */
export class Tap {
  /** Payloads of QoS 1 that the other side has acknowledged. */
  readonly acknowledged: string[] = []
  handedOver = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) { this.#server = server }

  static async open(brokerPort: number): Promise<Tap> {
    const server = createServer().listen(0, '127.0.0.1'), tap = new Tap(server)
    server.on('connection', socket => tap.#join(socket, brokerPort))
    await once(server, 'listening')
    return tap
  }

  get port(): number { return (this.#server.address() as AddressInfo).port }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(gateway: Socket, brokerPort: number): void {
    const broker = connect(brokerPort, '127.0.0.1'), open = new Map<number, string>()
    for (const [from, to] of [[gateway, broker], [broker, gateway]] as const) {
      this.#sockets.add(from)
      from.on('data', chunk => to.write(chunk)).on('error', () => {}).on('close', () => { this.#sockets.delete(from); to.destroy() })
    }
    watch(broker, packet => {
      if (packet.cmd !== 'publish' || packet.qos !== 1) return
      this.handedOver++
      open.set(packet.messageId!, packet.payload.toString())
    })
    watch(gateway, packet => {
      if (packet.cmd !== 'puback') return
      this.acknowledged.push(open.get(packet.messageId!) ?? 'nothing was open by this id')
      open.delete(packet.messageId!)
    })
  }
}

function watch(socket: Socket, each: (packet: Packet) => void): void {
  const packets = parser({ protocolVersion: 4 })
  packets.on('packet', each)
  socket.on('data', chunk => packets.parse(chunk))
}
