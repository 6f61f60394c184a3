// Erasing an owner: asked for by themselves, or by an operator.
import { setTimeout as delay } from 'node:timers/promises'
import { timeText, type Call } from '#gateway/api/handler.ts'
import { notFound } from '#gateway/errors.ts'

/** Whoever asks has an answer by then, also where the journal is long: it goes on by itself. */
const ANSWER_MS_MAX = 20_000

/** Their own id, or as an operator that of an owner. */
export async function eraseOwner({ services: { erasures }, party, body: { partyId } }: Call<{ partyId: string }>) {
  if (party.role === 'owner' && partyId !== party.id) throw notFound('party')
  const erased = erasures.erase(partyId, party.role === 'owner' ? 'owner' : 'operator'), { id, salt } = erasures.of(partyId)!
  const done = await Promise.race([erased, delay(ANSWER_MS_MAX, undefined, { ref: false })])
  erased.catch(() => { /* logged, and tried again */ })
  const about = { erasureId: id, partyId, salt: salt.toString('base64') }
  return done ? { ...about, state: 'erased', receipt: JSON.parse(done.receipt) as object } : { ...about, state: 'erasing' }
}

export function listErasures({ services: { erasures } }: Call) {
  return erasures.list().map(({ id, requestedBy, begunAt, finishedAt, salt, subject, alias, history, receipt }) => ({
    erasureId: id, state: finishedAt === undefined ? 'erasing' : 'erased', requestedBy, begunAt: timeText(begunAt), finishedAt: timeText(finishedAt),
    salt: salt.toString('base64'), subject: subject.toString('hex'), pseudonym: alias, history: history.length > 0 ? 'pending' : 'done',
    receipt: receipt === undefined ? undefined : JSON.parse(receipt) as object,
  }))
}
