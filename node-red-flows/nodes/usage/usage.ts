// sluice-usage: what was metered under each agreement, when asked or by the clock.
import type { GatewayError } from '../../lib/gateway-error.ts'
import { define, fail, onInput } from '../../lib/node.ts'
import { Poller } from '../../lib/poller.ts'
import type { Message, Red } from '../../lib/red.ts'
import { answer, type Answer, type Question } from '../../lib/request-node.ts'
import { number } from '../../lib/settings.ts'

const INTERVAL_S = { fallback: 0, min: 0, max: 86_400 }

interface Usage { readonly agreements: readonly object[] }

function register(RED: Red): void {
  define(RED, 'sluice-usage', host => {
    const send = (message: Message): void => host.node.send(message), intervalS = number(host.config, 'intervalS', INTERVAL_S)
    onInput(host, (message, send) => answer(host, message, send, usage))
    if (intervalS === 0) return undefined
    const ask = (): Promise<void> => answer(host, undefined, send, usage), onError = (error: GatewayError): void => fail(host, error, {})
    const poller = new Poller({ everyMs: 1000 * intervalS, ask, onError })
    poller.start()
    return () => poller.stop()
  })
}

async function usage({ api, translate }: Question): Promise<Answer> {
  const { agreements } = await api.get<Usage>('/v1/usage')
  return { payload: agreements, status: translate('status.agreements', { count: agreements.length }) }
}

export { register as default }
