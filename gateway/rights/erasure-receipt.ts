// What says that an owner was erased: signed, and without a word by which somebody could be found who does not know them already.
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { signStatement } from '#gateway/proof/statement.ts'
import type { Erasure } from '#gateway/rights/erasure.ts'

const KEPT = [
  'hashes of consent events, whose salts are gone', 'amounts in the books, under the pseudonym', 'what subscribers agreed to and used, by random ids',
  'that this erasure took place',
]
const NOT_REACHED = ['backups that were made before: give the list of erasures to `sluice restore --erasures`', 'what recipients had received lawfully']

/** One line of JSON. */
export function erasureReceipt(key: SigningKey, { id, subject, alias, requestedBy, begunAt, finishedAt, erased, history }: Erasure): string {
  return signStatement(key, {
    type: 'ErasureReceipt', erasureId: id, subject: { method: 'SHA-256(salt ‖ id)', hash: subject.toString('hex') }, requestedBy,
    begunAt: new Date(begunAt).toISOString(), finishedAt: new Date(finishedAt!).toISOString(), erased, history: history.length > 0 ? 'pending' : 'done',
    pseudonym: alias, kept: KEPT, notReached: NOT_REACHED,
  })
}
