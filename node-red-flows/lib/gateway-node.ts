// How a node finds its gateway: the configuration node that its `gateway` names.
import { ApiClient } from './api-client.ts'
import { GatewayError } from './gateway-error.ts'
import type { Red, RedConfig, RedNode } from './red.ts'
import { text } from './settings.ts'

/** A `sluice-config` node. */
export interface GatewayNode extends RedNode { api?: ApiClient }

/** Throws BAD_REQUEST where there is no gateway, or no key for it. */
export function gatewayOf(RED: Red, config: RedConfig): ApiClient {
  const { api } = (RED.nodes.getNode(text(config, 'gateway')) ?? {}) as Partial<GatewayNode>
  if (!(api instanceof ApiClient)) throw new GatewayError('BAD_REQUEST', 'No gateway is chosen.')
  if (api.key === '') throw new GatewayError('UNAUTHENTICATED', 'The gateway’s settings have no key.')
  return api
}
