// sluice-stream-in: streams that one has agreed on, or one's own, into a flow, without a gap and without a duplicate.
import { join } from 'node:path'
import { conditionOf } from '../../lib/condition.ts'
import { feedNode, type FeedNode } from '../../lib/feed-node.ts'
import { GatewayError } from '../../lib/gateway-error.ts'
import { gatewayOf } from '../../lib/gateway-node.ts'
import { define, fail, onInput, type Host } from '../../lib/node.ts'
import { Positions } from '../../lib/positions.ts'
import type { Message, Red, RedConfig } from '../../lib/red.ts'
import { choice, evaluated, flag, list, number, text } from '../../lib/settings.ts'

const SAMPLE_MS = { fallback: 0, min: 0, max: 86_400_000 }
const BATCH_COUNT = { fallback: 0, min: 0, max: 10_000 }
const BATCH_MS = { fallback: 0, min: 0, max: 3_600_000 }
const BUFFER_MESSAGES = { fallback: 1000, min: 1, max: 1_000_000 }

function register(RED: Red): void {
  define(RED, 'sluice-stream-in', host => {
    const api = gatewayOf(RED, host.config), from = choice(host.config, 'from', ['resume', 'live', 'earliest'])
    const positions = from === 'resume' ? positionsOf(host) : undefined
    const onPosition = (streamId: string, position: string): void => positions?.set(streamId, position)
    const wanted = feedNode(host, api, { ...optionsOf(host.config), onPosition })
    const open = (streamId: string): void => wanted.feed.open(streamId, from === 'earliest' ? from : positions?.get(streamId))
    onInput(host, message => obey(wanted, open, message))
    void openFirst(host, wanted, open)
    return async removed => {
      wanted.stop()
      await (removed ? positions?.remove() : positions?.close())
    }
  })
}

function optionsOf(config: RedConfig) {
  const count = number(config, 'batchCount', BATCH_COUNT), waitMs = number(config, 'batchMs', BATCH_MS)
  return {
    selection: {
      attributes: list(config['attributes']), sampleMs: number(config, 'sampleMs', SAMPLE_MS),
      output: choice(config, 'output', ['entity', 'keyValues']),
      condition: conditionOf(text(config, 'conditionAttribute'), text(config, 'conditionOp'), text(config, 'conditionValue')),
    },
    batch: count > 0 || waitMs > 0 ? { count, waitMs } : undefined,
    overflow: choice(config, 'overflow', ['pause', 'drop-oldest']), bufferMax: number(config, 'bufferMax', BUFFER_MESSAGES),
    stopsOnEnd: flag(config, 'stopOnEnd'),
  }
}

/** One file for each node, in the directory where Node-RED keeps the user's things. */
function positionsOf({ RED: { settings: { userDir } }, node }: Host): Positions | undefined {
  if (userDir === undefined) return undefined
  return new Positions(join(userDir, 'sluice', `positions-${encodeURIComponent(node.id)}.json`), ({ message }) => node.warn(message))
}

async function openFirst(host: Host, { feed, status }: FeedNode, open: (streamId: string) => void): Promise<void> {
  try {
    const streamIds = list(await evaluated(host.RED, host.node, host.config, 'stream'))
    if (host.closed.aborted) return
    for (const streamId of streamIds) open(streamId)
    if (feed.streamIds.length === 0) status.show()
  } catch (error) {
    fail(host, error, {})
  }
}

function obey({ feed, status }: FeedNode, open: (streamId: string) => void, message: Message): void {
  const { action } = message, streamIds = streamsIn(message)
  if (action !== 'subscribe' && action !== 'unsubscribe') throw wrong('msg.action is `subscribe` or `unsubscribe`.')
  if (streamIds.length === 0) throw wrong('msg.topic or msg.stream.id names the stream.')
  for (const streamId of streamIds) {
    if (action === 'unsubscribe') feed.close(streamId)
    else if (feed.streamIds.includes(streamId)) feed.askAgain(streamId)
    else open(streamId)
  }
  status.show()
}

function wrong(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }

function streamsIn({ topic, stream }: Message): readonly string[] {
  const id = typeof stream === 'object' && stream !== null && 'id' in stream ? stream.id : undefined
  return list(id ?? topic)
}

export { register as default }
