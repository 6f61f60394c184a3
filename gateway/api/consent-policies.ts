// Consents as ODRL policies: what others can read, and what others may bring.
import type { Call } from '#gateway/api/handler.ts'
import { grantConsent, readable } from '#gateway/api/consents.ts'
import { timeText } from '#gateway/api/handler.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import { consentPolicy } from '#gateway/odrl/consent-export.ts'
import { readConsentPolicy, type ImportedConsent } from '#gateway/odrl/consent-import.ts'
import { OdrlError } from '#gateway/odrl/errors.ts'

/** The same to its owner and to its recipient: both are named by ids that are pseudonyms. */
export function exportConsent({ services, party, parameters }: Call<undefined, { consentId: string }>) {
  const grant = services.consents.get(readable(services, party, parameters.consentId))
  if (!grant) throw notFound('consent')
  if (grant.transforms) throw new GatewayError('CONFLICT', 'This consent says how exact its attributes may be, which a policy cannot say yet: without it, it would let out more.')
  const { withdrawnAt = Infinity, until = Infinity } = grant, end = Math.min(withdrawnAt, until)
  return consentPolicy(grant.id, grant.ownerId, { ...grant, until: end === Infinity ? undefined : end })
}

/** Gives it as if the owner had asked for it in our words. */
export function importConsent(call: Call<{ readonly policy: string }>) {
  const { assigner, terms } = imported(call.body.policy), { notBefore, until, ...said } = terms
  if (assigner !== undefined && assigner !== call.party.id) throw new GatewayError('BAD_REQUEST', `The policy is of ${assigner}, and you are ${call.party.id}: nobody gives a consent for somebody else.`)
  return grantConsent({ ...call, body: { ...said, notBefore: timeText(notBefore), until: timeText(until) } })
}

function imported(text: string): ImportedConsent {
  try { return readConsentPolicy(text) } catch (error) {
    throw error instanceof OdrlError ? new GatewayError('BAD_REQUEST', error.message, { cause: error }) : error
  }
}
