// A node that sends streams into its flow: a feed, the status that it shows, and the errors that it tells of.
import type { ApiClient } from './api-client.ts'
import type { BatchOptions } from './batcher.ts'
import type { Overflow } from './buffer.ts'
import { Feed } from './feed.ts'
import type { Host } from './node.ts'
import type { Selection } from './selection.ts'
import { StatusLine } from './status-line.ts'

export interface FeedNodeOptions {
  readonly selection: Selection
  readonly batch?: BatchOptions
  readonly overflow: Overflow
  readonly bufferMax: number
  readonly stopsOnEnd: boolean
  readonly onPosition?: (streamId: string, position: string) => void
}

export interface FeedNode { readonly feed: Feed, readonly status: StatusLine, readonly stop: () => void }

export function feedNode(host: Host, { url, key }: ApiClient, options: FeedNodeOptions): FeedNode {
  const { node, closed } = host
  const feed = new Feed({
    ...options, url, key, batch: options.batch, onPosition: options.onPosition ?? (() => { /* not kept */ }),
    onMessage: (message, count) => {
      node.send(message)
      status.count(count)
    },
    onChange: () => { if (!closed.aborted) status.show() },
    onEnd: (streamId, error) => node.error(error, { topic: streamId, stream: { id: streamId } }),
  })
  const status = new StatusLine(host, () => feed)
  return { feed, status, stop: () => { feed.stop(); status.stop() } }
}
