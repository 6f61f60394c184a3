// The profile of ODRL in which consents are exported: purposes are terms of DPV, and the vocabulary below says what ODRL has no word for.
// It names; it is never loaded.
export const CONSENT_PROFILE = 'urn:sluice:odrl:consent:1'
