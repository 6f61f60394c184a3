// sluice-agree: takes an offer, for a purpose and with a budget.
import { GatewayError } from '../../lib/gateway-error.ts'
import type { Red } from '../../lib/red.ts'
import { requestNode, type Answer, type Question } from '../../lib/request-node.ts'
import { wishedText } from '../../lib/wish.ts'

interface Agreement { readonly agreementId: string, readonly streamId: string, readonly state: string }

function register(RED: Red): void { requestNode(RED, 'sluice-agree', agree) }

/** The whole agreement is read back: its stream is what a flow needs next. */
async function agree(question: Question): Promise<Answer> {
  const { api, translate } = question
  const offerId = await wishedText(question, 'offer', 'offerId'), purpose = await wishedText(question, 'purpose')
  const budget = await wishedText(question, 'budget')
  if (offerId === undefined || purpose === undefined) throw new GatewayError('BAD_REQUEST', 'An agreement needs an offer and a purpose.')
  const made = await api.post<Pick<Agreement, 'agreementId' | 'state'>>('/v1/agreements', { offerId, purpose, budget })
  const agreement = (await api.get<readonly Agreement[]>('/v1/agreements')).find(({ agreementId }) => agreementId === made.agreementId)
  return { payload: agreement ?? made, topic: agreement?.streamId, status: translate(`status.${made.state}`) }
}

export { register as default }
