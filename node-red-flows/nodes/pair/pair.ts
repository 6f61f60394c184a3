// sluice-pair: makes a source of one's own, and tells where and as whom it connects.
import { locationOf } from '../../lib/location.ts'
import type { Red } from '../../lib/red.ts'
import { requestNode, type Answer, type Question } from '../../lib/request-node.ts'
import { wished, wishedText } from '../../lib/wish.ts'

interface Credentials { readonly sourceId: string, readonly username: string, readonly password: string, readonly mqtt: string }

function register(RED: Red): void { requestNode(RED, 'sluice-pair', pair) }

async function pair(question: Question): Promise<Answer> {
  const location = await wished(question, 'location')
  const payload = await question.api.post<Credentials>('/v1/sources', {
    dialect: await wishedText(question, 'dialect'), name: await wishedText(question, 'sourceName', 'name'),
    placement: await wishedText(question, 'placement'), timezone: await wishedText(question, 'timezone'),
    ...location !== undefined && { location: locationOf(location) },
  })
  return { payload, status: question.translate('status.paired') }
}

export { register as default }
