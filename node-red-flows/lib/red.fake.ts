// As much of Node-RED's runtime as the nodes use, for tests: nodes are made, get messages, and tell what they sent, said and showed.
import { EventEmitter, once } from 'node:events'
import type { Message, Red, RedConfig, RedNode, Status } from './red.ts'

export interface Told { readonly error: Error & { code?: string }, readonly message: Message | undefined }
export interface Completed { readonly sent: readonly Message[], readonly error: (Error & { code?: string }) | undefined }

export class FakeNode extends EventEmitter implements RedNode {
  readonly id: string
  readonly credentials: Readonly<Record<string, string>>
  readonly sent: Message[] = []
  readonly statuses: Status[] = []
  readonly errors: Told[] = []
  readonly warnings: string[] = []

  constructor(id: string, credentials: Readonly<Record<string, string>>) {
    super()
    this.id = id
    this.credentials = credentials
  }

  get lastStatus(): Status | undefined { return this.statuses.at(-1) }

  send(message: Message): void {
    this.sent.push(message)
    this.emit('sent')
  }

  status(status: Status): void { this.statuses.push(status) }
  error(error: Error, message?: Message): void { this.errors.push({ error, message }) }
  warn(text: string): void { this.warnings.push(text) }

  /** One message in, until the node is done with it. */
  input(message: Message): Promise<Completed> {
    const sent: Message[] = []
    const send = (answer: Message): void => void sent.push(answer)
    return new Promise(done => this.emit('input', message, send, (error?: Error) => done({ sent, error })))
  }

  async close(removed = false): Promise<void> {
    const closed = once(this, 'closed')
    this.emit('close', removed, () => this.emit('closed'))
    await closed
  }
}

type Constructor = (this: RedNode, config: RedConfig) => void

export class FakeRed implements Red {
  readonly types = new Map<string, Constructor>()
  readonly settings: { readonly userDir: string | undefined }
  readonly environment = new Map<string, string>()
  readonly #nodes = new Map<string, FakeNode>()
  readonly nodes = {
    createNode: () => {},
    registerType: (type: string, constructor: Constructor) => { this.types.set(type, constructor) },
    getNode: (id: string) => this.#nodes.get(id),
  }
  readonly util = {
    evaluateNodeProperty: (...[value, type, , message, callback]: Parameters<Red['util']['evaluateNodeProperty']>) => {
      if (type === 'env') callback(null, this.environment.get(value) ?? '')
      else if (type === 'msg') callback(null, memberOf(message, value))
      else callback(new Error(`${type}?`), undefined)
    },
  }
  /** The key itself: tests read which text was looked up. */
  readonly _ = (key: string): string => key

  constructor(userDir?: string) { this.settings = { userDir } }

  make(type: string, config: RedConfig, credentials: Readonly<Record<string, string>> = {}): FakeNode {
    const node = new FakeNode(typeof config['id'] === 'string' ? config['id'] : `n${this.#nodes.size}`, credentials)
    this.#nodes.set(node.id, node)
    this.types.get(type)!.call(node, config)
    return node
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(node => node.close()))
  }
}

/** `payload.offerId` */
function memberOf(message: Message | undefined, path: string): unknown {
  return path.split('.').reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], message)
}
