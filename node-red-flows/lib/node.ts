// What all nodes have in common: they register, take inputs one way, say what is wrong with a code, and stop whole.
import { GatewayError } from './gateway-error.ts'
import type { Message, Red, RedConfig, RedNode, RegisterOptions, Send, Status, Translate } from './red.ts'

/** Any error with a code: what is not the gateway's is ours. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error })
}

export interface Host {
  readonly RED: Red
  readonly node: RedNode
  readonly config: RedConfig
  /** Of this node's own locale: `status.idle`. */
  readonly translate: Translate
  /** Aborted when the node is closed. */
  readonly closed: AbortSignal
}

type SetUp = (host: Host) => ((removed: boolean) => Promise<void> | void) | void

/**
 * Registers a node type. What `setUp` returns is called when the node is closed, and waited for; `removed`: not to come back.
 * What it throws becomes the status, and an error that a Catch node sees.
 */
export function define(RED: Red, type: string, setUp: SetUp, options?: RegisterOptions): void {
  RED.nodes.registerType(type, function (config) {
    RED.nodes.createNode(this, config)
    const ending = new AbortController(), translate: Translate = (key, values) => RED._(`${type}.${key}`, values)
    const host: Host = { RED, node: this, config, translate, closed: ending.signal }
    let tearDown: ReturnType<SetUp>
    this.on('close', (removed, done) => {
      ending.abort()
      void Promise.resolve(tearDown?.(removed)).catch(() => { /* what cannot be closed is gone as well */ }).then(done)
    })
    try {
      tearDown = setUp(host)
    } catch (error) {
      fail(host, error, {})
      onInput(host, () => { throw error })
    }
  }, options)
}

/** Shows an error and tells the Catch nodes of it. */
export function fail({ node, translate }: Host, error: unknown, message: Message): void {
  const known = asGatewayError(error)
  node.status(refusedStatus(known.code, translate))
  node.error(known, message)
}

/** `handle` may be asynchronous; what it throws goes to the Catch nodes and becomes the status. */
export function onInput({ node, translate, closed }: Host, handle: (message: Message, send: Send) => Promise<void> | void): void {
  node.on('input', (message, send, done) => {
    void (async () => handle(message, send))().then(() => done(), (error: unknown) => {
      if (closed.aborted) return done()
      const known = asGatewayError(error)
      node.status(refusedStatus(known.code, translate))
      done(known)
    })
  })
}

export function refusedStatus(code: string, translate: Translate): Status {
  return { fill: 'red', shape: 'ring', text: codeText(code, translate) }
}

/** The short text of a code in the user's language, or the code where it has none. */
export function codeText(code: string, translate: Translate): string {
  const key = `common.code.${code}`, found = translate(key)
  return found.endsWith(key) ? code : found
}
