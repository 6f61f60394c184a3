// An owner's calls over a connection that is kept, of which the answer is told in the instant in which it is read: before any byte that
// another socket of this process may have read behind it.
import { connect, type Socket } from 'node:net'

interface Asked { readonly text: string, readonly answered: (status: number, body: string, milliseconds: number) => void }

export class Control {
  readonly #socket: Socket
  readonly #waiting: Asked[] = []
  #open: Asked | undefined
  #askedAt = 0
  #got = ''

  constructor(http: string) {
    const { hostname, port } = new URL(http)
    this.#socket = connect(Number(port), hostname)
    this.#socket.setNoDelay(true).setEncoding('utf8')
    this.#socket.on('data', (text: string) => this.#take(text))
    this.#socket.on('error', () => { /* 'close' follows */ })
    this.#socket.on('close', () => { for (const { answered } of [...this.#open ? [this.#open] : [], ...this.#waiting.splice(0)]) answered(0, '', 0) })
  }

  /** Status and answer; status 0 where the connection has gone. `answered` is called within the reading of the answer. */
  ask(key: string, method: string, path: string, body: object | undefined, answered: (status: number, milliseconds: number) => void = () => {}): Promise<{ readonly status: number, readonly body: any }> {
    const json = body ? JSON.stringify(body) : ''
    const head = [`${method} ${path} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${key}`, ...json === '' ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(json)}`]]
    return new Promise(done => {
      const asked: Asked = {
        text: `${head.join('\r\n')}\r\n\r\n${json}`,
        answered: (status, text, milliseconds) => { answered(status, milliseconds); done({ status, body: text === '' ? undefined : JSON.parse(text) }) },
      }
      if (this.#socket.destroyed) return asked.answered(0, '', 0)
      this.#waiting.push(asked)
      this.#next()
    })
  }

  close(): void { this.#socket.destroy() }

  #next(): void {
    if (this.#open || !(this.#open = this.#waiting.shift())) return
    this.#askedAt = performance.now()
    this.#socket.write(this.#open.text)
  }

  #take(text: string): void {
    this.#got += text
    const end = this.#got.indexOf('\r\n\r\n'), length = Number(/content-length: (\d+)/i.exec(this.#got)?.[1] ?? 0)
    if (end < 0 || Buffer.byteLength(this.#got) < Buffer.byteLength(this.#got.slice(0, end)) + 4 + length) return
    const status = Number(this.#got.slice(9, 12)), body = this.#got.slice(end + 4), { answered } = this.#open!
    this.#got = ''
    this.#open = undefined
    answered(status, body, performance.now() - this.#askedAt)
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
