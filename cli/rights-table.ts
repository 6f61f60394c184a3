// The commands for what the law gives to those whom data are about.
import type { Command, Option } from '#cli/command.ts'
import { RIGHTS, STREAM } from '#cli/table-parts.ts'

const RECIPIENT: Option = { name: 'recipient', type: 'text', value: 'PARTY', help: 'Whom it went to.' }
const SPAN: readonly Option[] = [
  { name: 'from', type: 'text', value: 'TIME', help: 'From then on.' }, { name: 'to', type: 'text', value: 'TIME', help: 'Before that.' }, RECIPIENT,
  { name: 'stream', type: 'text', value: 'ID', help: 'Of this one.' },
]

const rights = () => import('#cli/commands/rights.ts')

export const RIGHTS_COMMANDS: readonly Command[] = [
  { name: 'access', group: RIGHTS, summary: 'Shows everything that is kept about you (owner).', options: [], examples: ['sluice access --json'], load: async () => (await rights()).access },
  {
    name: 'export', group: RIGHTS, summary: 'Takes your readings and consents along (owner): an archive with JSON-LD and CSV, signed. `sluice verify` checks it.',
    options: [{ name: 'to', type: 'text', value: 'FILE', isRequired: true, help: 'Where to put it. There is no such file yet.' }],
    examples: ['sluice export --to mine.tar'], load: async () => (await rights()).exportData,
  },
  {
    name: 'transfers', group: RIGHTS, summary: 'Lists who got what of your streams, when, and under which consent (owner, or an operator for all).',
    options: [...SPAN, { name: 'limit', type: 'integer', value: 'N', min: 1, max: 1_000, default: 100, help: 'How many at most.' }, { name: 'after', type: 'integer', value: 'RECORD', min: 0, help: 'Those behind this record.' }],
    examples: ['sluice transfers', 'sluice transfers --from 2027-01-01T00:00:00Z --recipient sub_b6ynd3q5ujw2c7mzf4ktx6vhpa'], load: async () => (await rights()).transfers,
  },
  {
    name: 'breach', group: RIGHTS, summary: 'Lists whom a breach concerns (operator): owners whose readings went out in that time.', options: SPAN,
    examples: ['sluice breach --from 2027-01-01T00:00:00Z --to 2027-01-02T00:00:00Z --recipient sub_b6ynd3q5ujw2c7mzf4ktx6vhpa'], load: async () => (await rights()).breach,
  },
  {
    name: 'restrict', group: RIGHTS, summary: 'Restricts the processing of a stream: nothing leaves or is kept, and consents stay as they are.', options: [STREAM],
    examples: ['sluice restrict --stream 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed/indoor/k3v7qm2xw5tz4rpa6hjn2ye4ds'], load: async () => (await rights()).restrict,
  },
  {
    name: 'lift', group: RIGHTS, summary: 'Lifts a restriction.', options: [STREAM],
    examples: ['sluice lift --stream 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed/indoor/k3v7qm2xw5tz4rpa6hjn2ye4ds'], load: async () => (await rights()).lift,
  },
  {
    name: 'object', group: RIGHTS, summary: 'Objects: withdraws all of your consents for a recipient, a purpose or a stream (owner).',
    options: [RECIPIENT, { name: 'purpose', type: 'text', value: 'P', help: 'For which.' }, { name: 'stream', type: 'text', value: 'ID', help: 'Of this one.' }],
    examples: ['sluice object --purpose dpv:Marketing', 'sluice object --recipient sub_b6ynd3q5ujw2c7mzf4ktx6vhpa'], load: async () => (await rights()).objectTo,
  },
  {
    name: 'rectify', group: RIGHTS, summary: 'Corrects your name. `sluice device set` corrects a device, and its recipients have a notice.',
    options: [{ name: 'name', type: 'text', value: 'NAME', isRequired: true, help: 'The right one.' }], examples: ['sluice rectify --name Home'], load: async () => (await rights()).rectify,
  },
  {
    name: 'recipient notices', group: RIGHTS, summary: 'Lists what you are to know of readings that you received: corrected, restricted, objected to or erased (subscriber).',
    options: [{ name: 'after', type: 'integer', value: 'NOTICE', min: 0, help: 'Those behind this one.' }], examples: ['sluice recipient notices', 'sluice recipient notices --after 41'], load: async () => (await rights()).recipientNotices,
  },
  {
    name: 'record', group: RIGHTS, summary: 'Prints the record of processing activities (operator), in Markdown, or with --json as JSON.', options: [], examples: ['sluice record'], load: async () => (await rights()).record,
  },
  {
    name: 'actions', group: RIGHTS, summary: 'Lists what operators did: all of it to an operator, to an owner what was about them.',
    options: [{ name: 'after', type: 'integer', value: 'NUMBER', min: 0, help: 'Those behind this one.' }], examples: ['sluice actions'], load: async () => (await rights()).actions,
  },
  {
    name: 'erase', group: RIGHTS, summary: 'Erases an owner and all that is theirs, for good: yourself, or as an operator somebody else. Nothing brings it back.',
    options: [
      { name: 'party', type: 'text', value: 'ID', isRequired: true, help: 'Whom: your own id, so that it does not happen by accident.' },
      { name: 'receipt', type: 'text', value: 'FILE', help: 'Where to put the signed receipt, for `sluice verify`.' },
    ],
    examples: ['sluice erase --party own_3xq7n2aahd6gkrmb4tvzoycel5 --receipt erased.json'], load: async () => (await rights()).erase,
  },
  {
    name: 'erasure list', group: RIGHTS, summary: 'Lists erasures (operator), to be kept beside backups: with --json for `sluice restore --erasures`.', options: [],
    examples: ['sluice erasure list --json', 'sluice erasure list'], load: async () => (await rights()).erasureList,
  },
]
