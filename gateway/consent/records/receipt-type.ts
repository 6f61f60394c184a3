/** What a receipt is called in its signature: nothing else that is signed can be taken for one. */
export const RECEIPT_TYPE = 'sluice-consent-receipt+json'
