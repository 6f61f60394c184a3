// The commands about consents, and about what proves them.
import type { Argument, Command, Option } from '#cli/command.ts'
import { SHARING, STREAM, TRANSPARENCY } from '#cli/table-parts.ts'

const LANGUAGE: Option = { name: 'language', type: 'text', value: 'TAG', help: 'Of the notice, such as en; left out: the one that was written last.' }
const REQUEST: Argument = { name: 'REQUEST', help: 'Its id, as `sluice consent requests` lists it.' }
const WHEN: readonly Option[] = [
  { name: 'not-before', type: 'text', value: 'TIME', help: 'When it comes into force, such as 2027-01-01T00:00:00Z. Left out: at once.' },
  { name: 'until', type: 'text', value: 'TIME', help: 'When it ends by itself, such as 2027-01-01T00:00:00Z.' },
]

const consents = () => import('#cli/commands/consents.ts')
const requests = () => import('#cli/commands/requests.ts')
const notices = () => import('#cli/commands/notices.ts')
const odrl = () => import('#cli/commands/odrl.ts')
const transparency = () => import('#cli/commands/transparency.ts')

export const CONSENT_COMMANDS: readonly Command[] = [
  {
    name: 'consent grant', group: SHARING, summary: 'Lets attributes of a stream that tells about you out, to a recipient, for purposes and those that are narrower.',
    options: [
      STREAM,
      { name: 'recipient', type: 'text', value: 'PARTY|any', help: 'Who may receive it; `history` is the database of this gateway. This, or --group.' },
      { name: 'group', type: 'text', value: 'GROUP', help: 'Whoever is in this group at that moment.' },
      { name: 'country', type: 'list', value: 'CC,…', help: 'Only while the recipient is in one of these countries (ISO 3166-1), such as BE.' },
      { name: 'onward', type: 'flag', help: 'The recipient may hand it on.' },
      { name: 'purpose', type: 'list', value: 'P,…', isRequired: true, help: 'What for (DPV), such as dpv:ServiceProvision.' },
      { name: 'attributes', type: 'list', value: 'a,b|all', isRequired: true, help: 'What may go out; `all` is what is known of the stream now.' },
      { name: 'explicit', type: 'flag', help: 'You say so in so many words: data of a special category need that.' },
      ...WHEN,
      { name: 'keep', type: 'text', value: 'DURATION', help: 'How long the recipient may keep it, such as P30D.' },
      LANGUAGE,
      { name: 'transform', type: 'list', value: 'attr=op,…', help: 'How exact: round:0.5, bucket:0|20|25, mask, pseudonymise, grid:0.01 (degrees), drop; of all of it *=time:900 and *=sample:60 (seconds).' },
      { name: 'dry-run', type: 'flag', help: 'Only show what it would expose, and the risk of that as a figure.' },
    ],
    examples: [
      'sluice consent grant --stream ID --recipient any --purpose dpv:PublicBenefit --attributes temperature --until 2027-01-01T00:00:00Z',
      'sluice consent grant --stream ID --group grp_q7n2xmd4k6vtzw3y5rbacjhoes --country BE,NL --purpose dpv:ScientificResearch --attributes temperature',
    ],
    load: async () => (await consents()).consentGrant,
  },
  {
    name: 'consent prohibit', group: SHARING, summary: 'Forbids what would be let out, whatever else was or will be granted. It is taken back with `consent withdraw`.',
    options: [
      STREAM,
      { name: 'recipient', type: 'text', value: 'PARTY|any', default: 'any', help: 'Who must not receive it.' },
      { name: 'group', type: 'text', value: 'GROUP', help: 'Whoever is in this group; in the place of --recipient.' },
      { name: 'country', type: 'list', value: 'CC,…', help: 'Only where the recipient is in one of these countries, or nobody knows where.' },
      { name: 'onward', type: 'flag', help: 'Only where the recipient hands it on.' },
      { name: 'purpose', type: 'list', value: 'P,…', help: 'For which purposes, with all that have something in common with them. Left out: for any.' },
      { name: 'attributes', type: 'list', value: 'a,b|all', help: 'What must not go out. Left out: all that the stream can ever have.' },
      ...WHEN,
    ],
    examples: ['sluice consent prohibit --stream ID --purpose dpv:Marketing', 'sluice consent prohibit --stream ID --recipient sub_b6ynd3q5ujw2c7mzf4ktx6vhpa'],
    load: async () => (await consents()).consentProhibit,
  },
  { name: 'history', group: SHARING, summary: 'Tells which of your streams are kept in the history (those consented to with the recipient `history`), and how far.', options: [], examples: ['sluice history'], load: async () => (await import('#cli/commands/history.ts')).history },
  { name: 'consent list', group: SHARING, summary: 'Lists your consents.', options: [], examples: ['sluice consent list'], load: async () => (await consents()).consentList },
  {
    name: 'consent withdraw', group: SHARING, summary: 'Withdraws a consent: when this returns, nothing more leaves under it.', arguments: [{ name: 'CONSENT', help: 'Its id.' }],
    options: [{ name: 'reason', type: 'text', value: 'TEXT', help: 'Why. An operator, for an owner who has lost the key, has to say it; owner and recipient read it.' }],
    examples: ['sluice consent withdraw grant_t2zq6fhw4xk7mdy3cvb5rj2nsa', 'sluice consent withdraw grant_t2zq6fhw4xk7mdy3cvb5rj2nsa --reason lost-key'], load: async () => (await consents()).consentWithdraw,
  },
  {
    name: 'consent show', group: SHARING, summary: 'Prints the record of a consent (JSON-LD, ISO/IEC TS 27560), for its owner and its recipient.', options: [], arguments: [{ name: 'CONSENT', help: 'Its id.' }],
    examples: ['sluice consent show grant_t2zq6fhw4xk7mdy3cvb5rj2nsa'], load: async () => (await consents()).consentShow,
  },
  {
    name: 'consent receipts', group: SHARING, summary: 'Prints a signed receipt of each event of a consent, one a line, for its owner and its recipient.', options: [], arguments: [{ name: 'CONSENT', help: 'Its id.' }],
    examples: ['sluice consent receipts grant_t2zq6fhw4xk7mdy3cvb5rj2nsa'], load: async () => (await consents()).consentReceipts,
  },
  {
    name: 'consent renew', group: SHARING, summary: 'Goes on with a consent that is in force, under the notice of today.', arguments: [{ name: 'CONSENT', help: 'Its id.' }],
    options: [{ name: 'until', type: 'text', value: 'TIME', help: 'When it ends by itself; left out: when it is withdrawn.' }, LANGUAGE],
    examples: ['sluice consent renew grant_t2zq6fhw4xk7mdy3cvb5rj2nsa --until 2028-01-01T00:00:00Z'], load: async () => (await consents()).consentRenew,
  },
  {
    name: 'consent revoke', group: SHARING, summary: 'Takes a consent back for its owner (operators): when this returns, nothing more leaves under it.', arguments: [{ name: 'CONSENT', help: 'Its id.' }],
    options: [
      { name: 'reason', type: 'text', value: 'TEXT', isRequired: true, help: 'Why; it stands in the log of events.' },
      { name: 'invalid', type: 'flag', help: 'It was never valid, as an authority or a court has found.' },
    ],
    examples: ['sluice consent revoke grant_t2zq6fhw4xk7mdy3cvb5rj2nsa --reason lost-key'], load: async () => (await consents()).consentRevoke,
  },
  {
    name: 'consent check', group: SHARING, summary: 'Says which mandatory fields of ISO/IEC TS 27560 and the GDPR a consent record lacks.', isLocal: true, options: [],
    arguments: [{ name: 'FILE', help: 'The record or receipt, as JSON-LD; - is what comes on stdin.' }],
    examples: ['sluice consent check record.json'], load: async () => (await import('#cli/commands/consent-check.ts')).consentCheck,
  },
  {
    name: 'consent request', group: SHARING, summary: 'Asks the owner of a stream for a consent (subscribers), once for each stream in 90 days.',
    options: [
      STREAM,
      { name: 'purpose', type: 'list', value: 'P,…', isRequired: true, help: 'What for (DPV), such as dpv:ServiceProvision.' },
      { name: 'attributes', type: 'list', value: 'a,b|all', isRequired: true, help: 'What you need of it.' },
      { name: 'until', type: 'text', value: 'TIME', help: 'Until when you need it.' },
      { name: 'keep', type: 'text', value: 'DURATION', help: 'How long you would keep it, such as P30D.' },
      { name: 'offer', type: 'text', value: 'ID', help: 'The offer whose price you would pay.' },
    ],
    examples: ['sluice consent request --stream ID --purpose dpv:PublicBenefit --attributes temperature --until 2027-01-01T00:00:00Z'], load: async () => (await requests()).consentRequest,
  },
  { name: 'consent requests', group: SHARING, summary: 'Lists the requests that you were asked, or have asked.', options: [], examples: ['sluice consent requests'], load: async () => (await requests()).consentRequests },
  {
    name: 'consent preview', group: SHARING, summary: 'Shows a request in a sentence, and what of your newest readings the requester would have got.', options: [], arguments: [REQUEST],
    examples: ['sluice consent preview grant_t2zq6fhw4xk7mdy3cvb5rj2nsa'], load: async () => (await requests()).consentPreview,
  },
  {
    name: 'consent accept', group: SHARING, summary: 'Gives what was asked for, or less.', arguments: [REQUEST],
    options: [
      { name: 'purpose', type: 'list', value: 'P,…', help: 'For these of the purposes only.' },
      { name: 'attributes', type: 'list', value: 'a,b', help: 'These of the attributes only.' },
      { name: 'until', type: 'text', value: 'TIME', help: 'Until then only.' },
      { name: 'keep', type: 'text', value: 'DURATION', help: 'To be kept for so long only, such as P7D.' },
      LANGUAGE,
    ],
    examples: ['sluice consent accept grant_t2zq6fhw4xk7mdy3cvb5rj2nsa', 'sluice consent accept grant_t2zq6fhw4xk7mdy3cvb5rj2nsa --attributes temperature'], load: async () => (await requests()).consentAccept,
  },
  {
    name: 'consent refuse', group: SHARING, summary: 'Says no to a request.', options: [], arguments: [REQUEST],
    examples: ['sluice consent refuse grant_t2zq6fhw4xk7mdy3cvb5rj2nsa'], load: async () => (await requests()).consentRefuse,
  },
  {
    name: 'consent defer', group: SHARING, summary: 'Says not now to a request: it can still be accepted or refused.', options: [], arguments: [REQUEST],
    examples: ['sluice consent defer grant_t2zq6fhw4xk7mdy3cvb5rj2nsa'], load: async () => (await requests()).consentDefer,
  },
  {
    name: 'notice show', group: SHARING, summary: 'Prints what owners are told before they consent.',
    options: [LANGUAGE, { name: 'hash', type: 'text', value: 'HASH', help: 'The version that a consent is bound to.' }],
    examples: ['sluice notice show'], load: async () => (await notices()).noticeShow,
  },
  {
    name: 'notice set', group: SHARING, summary: 'Sets your own notice, as an operator the gateway\'s: a new version. Consents keep the one that they were given under.',
    options: [
      { name: 'file', type: 'text', value: 'FILE', isRequired: true, help: 'A file with the text.' }, LANGUAGE,
      { name: 'editorial', type: 'flag', help: 'Nothing that matters has changed: nobody is asked to renew.' },
    ],
    examples: ['sluice notice set --file notice.txt', 'sluice notice set --file notice.txt --language nl --editorial'], load: async () => (await notices()).noticeSet,
  },
  {
    name: 'consent export', group: SHARING, summary: 'Prints a consent as an ODRL policy (JSON-LD), for its owner and its recipient.', options: [], arguments: [{ name: 'CONSENT', help: 'Its id.' }],
    examples: ['sluice consent export grant_t2zq6fhw4xk7mdy3cvb5rj2nsa'], load: async () => (await consents()).consentExport,
  },
  {
    name: 'consent import', group: SHARING, summary: 'Gives the consent that an ODRL policy says. A word in it that is not known is refused by its name.', options: [],
    arguments: [{ name: 'FILE', help: 'The policy (JSON-LD), as `sluice consent export` prints it; - is what comes on stdin.' }],
    examples: ['sluice consent import consent.jsonld'], load: async () => (await consents()).consentImport,
  },
  {
    name: 'odrl evaluate', group: SHARING, summary: 'Tells which rules of an ODRL policy are active for a request, in a state of the world. Asks no gateway.', isLocal: true,
    options: [
      { name: 'policy', type: 'text', value: 'FILE', isRequired: true, help: 'The policy, in Turtle or JSON-LD.' },
      { name: 'request', type: 'text', value: 'FILE', isRequired: true, help: 'An odrl:Request: who wants to do what with which asset.' },
      { name: 'world', type: 'text', value: 'FILE', isRequired: true, help: 'What time it is, who is part of what, which duties were done.' },
      { name: 'turtle', type: 'flag', help: 'Print the report in Turtle, in the compliance report model of the ODRL community group.' },
    ],
    examples: ['sluice odrl evaluate --policy policy.ttl --request request.ttl --world world.ttl', 'sluice odrl evaluate --policy policy.jsonld --request request.ttl --world world.ttl --json'],
    load: async () => (await odrl()).odrlEvaluate,
  },
  {
    name: 'odrl check', group: SHARING, summary: 'Says what an ODRL document holds, and what of it is not understood: such a rule permits nothing. Asks no gateway.', isLocal: true,
    arguments: [{ name: 'FILE', help: 'The policy, in Turtle or JSON-LD.' }], options: [],
    examples: ['sluice odrl check policy.jsonld', 'sluice odrl check policy.ttl --json'], load: async () => (await odrl()).odrlCheck,
  },
  {
    name: 'transparency head', group: TRANSPARENCY, summary: 'Prints the signed head of the transparency log. Keep it: what you are shown later has to have grown out of it.', options: [],
    examples: ['sluice transparency head'], load: async () => (await transparency()).transparencyHead,
  },
  {
    name: 'transparency proof', group: TRANSPARENCY, summary: 'Prints an entry, opened where it is about you, and its way up to the head.', options: [],
    arguments: [{ name: 'INDEX', help: 'Which entry, from 0.' }],
    examples: ['sluice transparency proof 0'], load: async () => (await transparency()).transparencyProof,
  },
  {
    name: 'transparency growth', group: TRANSPARENCY, summary: 'Prints what shows that the log has grown out of a head that you kept: nothing before it was changed.', options: [],
    arguments: [{ name: 'FILE', help: 'The head, as `sluice transparency head` printed it.' }],
    examples: ['sluice transparency growth head.json'], load: async () => (await transparency()).transparencyGrowth,
  },
  {
    name: 'transparency export', group: TRANSPARENCY, summary: 'Prints the whole log, opened where it is about you: the head, then a line for each entry.', options: [],
    examples: ['sluice transparency export'], load: async () => (await transparency()).transparencyExport,
  },
]
