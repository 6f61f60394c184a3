// A node that asks the gateway something for each message that it gets, and sends the answer on in that message.
import type { ApiClient } from './api-client.ts'
import { gatewayOf } from './gateway-node.ts'
import { define, onInput, type Host } from './node.ts'
import type { Message, Red, Send } from './red.ts'

export interface Question extends Host {
  readonly api: ApiClient
  /** What came in; undefined where nothing did and the node asks by itself. */
  readonly message: Message | undefined
}

/** `status` is what the node shows of the answer in a few characters. */
export interface Answer { readonly payload: unknown, readonly topic?: string, readonly status: string }

export type Ask = (question: Question) => Promise<Answer>

export function requestNode(RED: Red, type: string, ask: Ask): void {
  define(RED, type, host => onInput(host, (message, send) => answer(host, message, send, ask)))
}

/** Throws what the gateway refuses with. */
export async function answer(host: Host, message: Message | undefined, send: Send, ask: Ask): Promise<void> {
  const { node, RED, config, translate, closed } = host
  if (message) node.status({ fill: 'blue', shape: 'dot', text: translate('common.status.asking') })
  const { payload, topic, status } = await ask({ ...host, api: gatewayOf(RED, config), message })
  if (closed.aborted) return
  node.status({ fill: 'green', shape: 'dot', text: status })
  send({ ...message, payload, ...topic !== undefined && { topic } })
}
