// The actions of ODRL 2.2 and which of them includes which (Vocabulary §3.4 and §4.3 to 4.5), with those of Creative Commons.
import { CC, ODRL } from '#gateway/odrl/terms.ts'

const IN_USE = [
  'acceptTracking', 'aggregate', 'annotate', 'anonymize', 'archive', 'attribute', 'compensate', 'concurrentUse', 'delete', 'derive', 'digitize',
  'distribute', 'ensureExclusivity', 'execute', 'grantUse', 'include', 'index', 'inform', 'install', 'modify', 'move', 'nextPolicy', 'obtainConsent',
  'play', 'present', 'print', 'read', 'reproduce', 'reviewPolicy', 'stream', 'synchronize', 'textToSpeech', 'transform', 'translate', 'uninstall', 'watermark',
]
const CC_IN_USE = ['Attribution', 'CommercialUse', 'DerivativeWorks', 'Distribution', 'Notice', 'Reproduction', 'ShareAlike', 'Sharing', 'SourceCode']
const ELSEWHERE = { display: 'play', extract: 'reproduce', give: 'transfer', sell: 'transfer' }

/** Names of older versions: they mean the same as the newer one. */
const SAME_AS: Readonly<Record<string, string>> = {
  [`${ODRL}append`]: `${ODRL}modify`, [`${ODRL}appendTo`]: `${ODRL}modify`, [`${ODRL}write`]: `${ODRL}modify`, [`${ODRL}writeTo`]: `${ODRL}modify`,
  [`${ODRL}copy`]: `${ODRL}reproduce`, [`${ODRL}export`]: `${ODRL}transform`, [`${ODRL}license`]: `${ODRL}grantUse`, [`${ODRL}pay`]: `${ODRL}compensate`,
  [`${ODRL}attachPolicy`]: `${CC}Notice`, [`${ODRL}attachSource`]: `${CC}SourceCode`, [`${ODRL}commercialize`]: `${CC}CommercialUse`,
  [`${ODRL}share`]: `${CC}Sharing`, [`${ODRL}shareAlike`]: `${CC}ShareAlike`,
}

/** Each action, and the one that includes it. */
const INCLUDED_IN: ReadonlyMap<string, string | undefined> = new Map([
  [`${ODRL}use`, undefined], [`${ODRL}transfer`, undefined],
  ...IN_USE.map(name => [ODRL + name, `${ODRL}use`] as const),
  ...CC_IN_USE.map(name => [CC + name, `${ODRL}use`] as const),
  ...Object.entries(ELSEWHERE).map(([name, wider]) => [ODRL + name, ODRL + wider] as const),
])

export function isKnownAction(iri: string): boolean { return INCLUDED_IN.has(current(iri)) }

/** Whether a rule on one action is about the other: it is the same, or is included in it. */
export function includes(wider: string, narrower: string): boolean {
  const wanted = current(wider)
  for (let at: string | undefined = current(narrower); at !== undefined; at = INCLUDED_IN.get(at)) if (at === wanted) return true
  return false
}

function current(iri: string): string { return SAME_AS[iri] ?? iri }
