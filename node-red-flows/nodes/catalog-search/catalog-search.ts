// sluice-catalog-search: which streams there are, with their offers.
import { find, type Stream } from '../../lib/catalog.ts'
import { GatewayError } from '../../lib/gateway-error.ts'
import type { Red } from '../../lib/red.ts'
import { requestNode, type Answer, type Question } from '../../lib/request-node.ts'
import { list } from '../../lib/settings.ts'
import { wished, wishedText } from '../../lib/wish.ts'

function register(RED: Red): void { requestNode(RED, 'sluice-catalog-search', search) }

async function search(question: Question): Promise<Answer> {
  const type = await wishedText(question, 'entityType', 'type'), attributes = list(await wished(question, 'attribute'))
  const priceMax = priceOf(await wished(question, 'priceMax'))
  const payload = find(await question.api.get<readonly Stream[]>('/v1/streams'), { type, attributes, priceMax })
  return { payload, status: question.translate('status.found', { count: payload.length }) }
}

function priceOf(value: unknown): number | undefined {
  const price = value === undefined ? undefined : Number(value)
  if (price === undefined || price >= 0) return price
  throw new GatewayError('BAD_REQUEST', 'priceMax has to be a number that is not below zero.')
}

export { register as default }
