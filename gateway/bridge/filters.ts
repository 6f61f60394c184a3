// What a bridge may ask a broker for.
import type { NewBridge } from '#gateway/bridge/bridge.ts'
import { GatewayError } from '#gateway/errors.ts'
import { isText, isTopicFilter } from '#gateway/mqtt/text.ts'

/** Throws BAD_REQUEST for topic filters, the name of a share, or a prefix to strip that MQTT does not allow. */
export function checkFilters({ topics, share, strip }: Pick<NewBridge, 'topics' | 'share' | 'strip'>): void {
  const wrong = topics.find(topic => !isFilter(topic) || topic.startsWith('$'))
  if (wrong !== undefined) throw bad(`${JSON.stringify(wrong)} is no topic filter for a bridge: write one such as zigbee2mqtt/#, and leave $share to --share.`)
  if (share !== undefined && (!isFilter(share) || /[+#/]/.test(share))) throw bad('The name of a share has no +, # or / in it.')
  if (strip !== undefined && /[+#]/.test(strip)) throw bad('What is stripped from topics has no wildcard in it.')
}

function isFilter(text: string): boolean {
  const bytes = Buffer.from(text)
  return isText(bytes, 0, bytes.length) && isTopicFilter(bytes, 0, bytes.length)
}

function bad(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }
