// The profile of ODRL in which consents are exported: purposes are terms of DPV, and the left operands below say what ODRL has no word for.
// It names; it is never loaded.
export const CONSENT_PROFILE = 'urn:sluice:odrl:consent:1'

/** How exact an attribute leaves, as a text: `round:0.5`. A refinement of a target: of all forms in which it could leave, this one. */
export const EXACTNESS = `${CONSENT_PROFILE}:exactness`
/** To how much every instant that is told is truncated, an `xsd:duration`. Of the rule. */
export const TIME_EXACTNESS = `${CONSENT_PROFILE}:timeExactness`
/** One message leaves in each window of the clock that is so long, an `xsd:duration`. Of the rule. */
export const SAMPLING = `${CONSENT_PROFILE}:sampling`

const LEFT_OPERANDS: Readonly<Record<string, readonly string[]>> = { [CONSENT_PROFILE]: [EXACTNESS, TIME_EXACTNESS, SAMPLING] }

/** The left operands that a policy may use which declares these profiles. */
export function leftOperandsOf(profiles: readonly string[]): readonly string[] { return profiles.flatMap(profile => LEFT_OPERANDS[profile] ?? []) }
