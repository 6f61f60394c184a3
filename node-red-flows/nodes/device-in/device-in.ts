// sluice-device-in: one's own devices live, whole, and without an agreement or a bill; new streams are found by themselves.
import type { ApiClient } from '../../lib/api-client.ts'
import { feedNode, type FeedNode } from '../../lib/feed-node.ts'
import { gatewayOf } from '../../lib/gateway-node.ts'
import { define, fail, type Host } from '../../lib/node.ts'
import { Poller } from '../../lib/poller.ts'
import type { Red } from '../../lib/red.ts'
import { choice, evaluated, list } from '../../lib/settings.ts'

const LOOK_EVERY_MS = 10_000
/** An owner who looks is shown what there is now: nothing is kept for them, so waiting would gain nothing. */
const LIVE = { overflow: 'drop-oldest', bufferMax: 1000, stopsOnEnd: false } as const

interface Device { readonly deviceId: string, readonly device: string, readonly streams: readonly string[] }

function register(RED: Red): void {
  define(RED, 'sluice-device-in', host => {
    const api = gatewayOf(RED, host.config), output = choice(host.config, 'output', ['entity', 'keyValues'])
    const shown = feedNode(host, api, { ...LIVE, selection: { attributes: [], condition: undefined, sampleMs: 0, output } })
    const poller = new Poller({ everyMs: LOOK_EVERY_MS, ask: () => look(host, api, shown), onError: error => fail(host, error, {}) })
    poller.start()
    return () => {
      poller.stop()
      shown.stop()
    }
  })
}

/** Opens what is new, and closes what is no more. */
async function look(host: Host, api: ApiClient, { feed, status }: FeedNode): Promise<void> {
  const wanted = list(await evaluated(host.RED, host.node, host.config, 'device'))
  const streamIds = new Set(await streamsOf(api, wanted, host.closed))
  if (host.closed.aborted) return
  for (const streamId of feed.streamIds) if (!streamIds.has(streamId)) feed.close(streamId)
  for (const streamId of streamIds) feed.open(streamId, undefined)
  status.show()
}

async function streamsOf(api: ApiClient, wanted: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const devices = await api.get<readonly Device[]>('/v1/devices', signal)
  return devices.filter(({ deviceId }) => wanted.length === 0 || wanted.includes(deviceId)).flatMap(({ streams }) => streams)
}

export { register as default }
