// sluice-consent-events: tells an owner what becomes of their consents, and a subscriber what becomes of their agreements.
import type { ApiClient } from '../../lib/api-client.ts'
import { Changes, ofAgreement, ofConsent, type Standing } from '../../lib/changes.ts'
import { GatewayError } from '../../lib/gateway-error.ts'
import { gatewayOf } from '../../lib/gateway-node.ts'
import { define, fail, type Host } from '../../lib/node.ts'
import { Poller } from '../../lib/poller.ts'
import type { Red } from '../../lib/red.ts'
import { number } from '../../lib/settings.ts'

const INTERVAL_S = { fallback: 2, min: 0.5, max: 3600 }

function register(RED: Red): void {
  define(RED, 'sluice-consent-events', host => {
    const api = gatewayOf(RED, host.config), changes = new Changes(), everyMs = 1000 * number(host.config, 'intervalS', INTERVAL_S)
    const poller = new Poller({ everyMs, ask: () => tell(host, api, changes), onError: error => fail(host, error, {}) })
    poller.start()
    return () => poller.stop()
  })
}

async function tell({ node, closed, translate }: Host, api: ApiClient, changes: Changes): Promise<void> {
  const standings = await standingsOf(api, closed)
  if (closed.aborted) return
  node.status({ fill: 'green', shape: 'dot', text: translate('common.status.watching') })
  for (const change of changes.take(standings, new Date())) node.send({ topic: change.streamId, payload: change })
}

/** A key is an owner's or a subscriber's: the gateway says whose. */
async function standingsOf(api: ApiClient, signal: AbortSignal): Promise<readonly Standing[]> {
  try {
    return (await api.get<readonly Parameters<typeof ofConsent>[0][]>('/v1/consents', signal)).map(ofConsent)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'FORBIDDEN') throw error
    return (await api.get<readonly Parameters<typeof ofAgreement>[0][]>('/v1/agreements', signal)).map(ofAgreement)
  }
}

export { register as default }
