// What a subscriber who is refused is told to do about it.
import type { RefusalCode } from '#gateway/errors.ts'

export const REFUSAL_TEXTS = {
  NO_CONSENT: 'The owner has not consented to this. The agreement waits until they do.',
  EXPIRED: 'The consent has come to its end. Ask the owner for a new one.',
  CONSENT_WITHDRAWN: 'The owner has withdrawn the consent.',
  NO_AGREEMENT: 'You have no agreement on this stream: see its offers, and agree to one.',
  PURPOSE_MISMATCH: 'The owner has consented to another purpose than that of your agreement.',
  SUSPENDED: 'The agreement is suspended: its budget is spent, or the consent is narrower than its offer.',
} satisfies Partial<Record<RefusalCode, string>> as Record<RefusalCode, string>
