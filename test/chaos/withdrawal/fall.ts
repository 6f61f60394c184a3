// Imported before a gateway starts: it is killed in the middle of a withdrawal. In which step of which one, by the environment.
import { Consents } from '#gateway/consent/consents.ts'
import { ConsentEvents } from '#gateway/consent/events.ts'

const step = process.env['CHAOS_STEP']
let left = Number(process.env['CHAOS_NTH'])
/* eslint-disable @typescript-eslint/unbound-method -- called with what they belong to */
const { append } = ConsentEvents.prototype, { withdraw } = Consents.prototype
/* eslint-enable @typescript-eslint/unbound-method */
const fall = (): void => { process.kill(process.pid, 'SIGKILL') }

ConsentEvents.prototype.append = function (this: ConsentEvents, event): ReturnType<typeof append> {
  const isIt = event.type === 'withdrawn' && --left === 0
  if (isIt && step === 'before the event') fall()
  const link = append.call(this, event)
  if (isIt && step === 'before the purge') fall()
  return link
}
Consents.prototype.withdraw = function (this: Consents, ...words): ReturnType<typeof withdraw> {
  const withdrawn = withdraw.apply(this, words)
  if (left === 0 && step === 'before the answer') fall()
  return withdrawn
}
