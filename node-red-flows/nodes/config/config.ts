// sluice-config: where the gateway is, and the key with which all nodes that share it ask.
import { ApiClient } from '../../lib/api-client.ts'
import type { GatewayNode } from '../../lib/gateway-node.ts'
import { define } from '../../lib/node.ts'
import type { Red } from '../../lib/red.ts'
import { text } from '../../lib/settings.ts'

function register(RED: Red): void {
  define(RED, 'sluice-config', ({ node, config }) => {
    (node as GatewayNode).api = new ApiClient({ url: text(config, 'url'), key: node.credentials?.['key']?.trim() ?? '' })
  }, { credentials: { key: { type: 'password' } } })
}

export { register as default }
