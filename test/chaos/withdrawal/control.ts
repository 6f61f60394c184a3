// An owner's calls over a connection that is kept, of which the answer is told in the instant in which it is read: before any byte that
// another socket of this process may have read behind it.
import { connect, type Socket } from 'node:net'

interface Asked { readonly text: string, readonly answered: (status: number, body: string, milliseconds: number) => void }

export class Control {
  readonly #address: { readonly host: string, readonly port: number }
  readonly #waiting: Asked[] = []
  #socket: Socket | undefined
  /** The socket has had an answer before: one that is idle may be closed in the instant in which it is used again. */
  #isUsed = false
  #open: Asked | undefined
  #askedAt = 0
  #got = ''

  constructor(http: string) {
    const { hostname, port } = new URL(http)
    this.#address = { host: hostname, port: Number(port) }
  }

  /** Status and answer; status 0 where there is none. `answered` is called within the reading of the answer. */
  ask(key: string, method: string, path: string, body: object | undefined, answered: (status: number, milliseconds: number) => void = () => {}): Promise<{ readonly status: number, readonly body: any }> {
    const json = body ? JSON.stringify(body) : ''
    const head = [`${method} ${path} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${key}`, ...json === '' ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(json)}`]]
    return new Promise(done => {
      this.#waiting.push({
        text: `${head.join('\r\n')}\r\n\r\n${json}`,
        answered: (status, text, milliseconds) => { answered(status, milliseconds); done({ status, body: text === '' ? undefined : JSON.parse(text) }) },
      })
      this.#next()
    })
  }

  close(): void { this.#socket?.destroy() }

  #next(): void {
    if (this.#open || !(this.#open = this.#waiting.shift())) return
    this.#send(this.#open)
  }

  #send({ text }: Asked): void {
    this.#socket ??= this.#connect()
    this.#askedAt = performance.now()
    this.#socket.write(text)
  }

  #connect(): Socket {
    const socket = connect({ ...this.#address, noDelay: true }).setEncoding('utf8')
    this.#isUsed = false
    socket.on('data', (text: string) => this.#take(text))
    socket.on('error', () => { /* 'close' follows */ })
    socket.on('close', () => this.#closed())
    return socket
  }

  #closed(): void {
    const asked = this.#open, mayTryAgain = this.#isUsed && this.#got === ''
    this.#socket = undefined
    if (asked && mayTryAgain) return this.#send(asked)
    this.#open = undefined
    this.#got = ''
    asked?.answered(0, '', 0)
    this.#next()
  }

  #take(text: string): void {
    this.#got += text
    const end = this.#got.indexOf('\r\n\r\n'), length = Number(/content-length: (\d+)/i.exec(this.#got)?.[1] ?? 0)
    if (end < 0 || Buffer.byteLength(this.#got) < Buffer.byteLength(this.#got.slice(0, end)) + 4 + length) return
    const status = Number(this.#got.slice(9, 12)), body = this.#got.slice(end + 4), asked = this.#open
    this.#got = ''
    if (!asked) return
    this.#open = undefined
    this.#isUsed = true
    asked.answered(status, body, performance.now() - this.#askedAt)
    this.#next()
  }
}

/** Some of them, of which each has one call under way: what waits for them is not what the gateway takes. */
export class Controls {
  readonly #all: readonly Control[]
  readonly #free: Control[]
  readonly #waiting: ((control: Control) => void)[] = []

  constructor(http: string, count: number) {
    this.#all = Array.from({ length: count }, () => new Control(http))
    this.#free = [...this.#all]
  }

  /** One for as long as `work` takes. */
  async use<T>(work: (control: Control) => Promise<T>): Promise<T> {
    const control = this.#free.pop() ?? await new Promise<Control>(done => this.#waiting.push(done))
    try {
      return await work(control)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(control)
      else this.#free.push(control)
    }
  }

  close(): void { for (const control of this.#all) control.close() }
}
