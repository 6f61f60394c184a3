// Imported before a gateway starts: it withdraws as others do. `late`: the answer comes first, and what is held is looked through a while
// later. `drained`: what waits for a receiver goes all the same. Which, by the environment.
import { Consents } from '#gateway/consent/consents.ts'
import { Network } from '#gateway/publish/network.ts'
import { Session } from '#gateway/publish/session.ts'

const LATE_MS = 1_000
/* eslint-disable @typescript-eslint/unbound-method -- called with what they belong to */
const { review } = Network.prototype, { end } = Session.prototype, { withdraw } = Consents.prototype
/* eslint-enable @typescript-eslint/unbound-method */
let isWithdrawing = false

if (process.env['CHAOS_MUTANT'] === 'late') {
  Consents.prototype.withdraw = function (this: Consents, ...words): ReturnType<typeof withdraw> {
    isWithdrawing = true
    try { return withdraw.apply(this, words) } finally { isWithdrawing = false }
  }
  Network.prototype.review = function (this: Network, ...words: Parameters<typeof review>): void {
    if (isWithdrawing) setTimeout(() => review.apply(this, words), LATE_MS)
    else review.apply(this, words)
  }
}
if (process.env['CHAOS_MUTANT'] === 'drained') {
  Session.prototype.end = function (this: Session, code, message): void { end.call(this, code, message, false) }
}
