// The record of processing activities (GDPR Art. 30), made of what is configured and in force at this moment. What only people know is named
// as missing, and never made up.
import type { Config } from '#gateway/config/config.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import { factsOf, NOT_STATED, type Facts } from '#gateway/consent/notices/facts.ts'
import { isPermission, stateOf } from '#gateway/consent/grant.ts'
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'
import type { Streams } from '#gateway/devices/streams.ts'
import type { Parties } from '#gateway/parties/parties.ts'

export interface ProcessingRecord {
  readonly type: 'RecordOfProcessingActivities'
  readonly at: string
  readonly activities: readonly Activity[]
  /** Where the configuration says who that is (Art. 30(1)(a)). */
  readonly controller?: Pick<Facts, 'controller' | 'jointControllers' | 'authority' | 'jurisdiction' | 'storageCountry'>
  readonly subjects: { readonly categories: readonly string[], readonly owners: number }
  readonly recipients: { readonly categories: readonly string[], readonly subscribers: number, readonly countries: readonly string[] }
  readonly retention: readonly { readonly what: string, readonly howLong: string }[]
  readonly measures: readonly string[]
  readonly transfersAbroad: string
  /** What Art. 30 asks for and no program knows. */
  readonly missing: readonly string[]
}

export interface Activity { readonly purpose: string, readonly legalBasis: string, readonly categories: readonly string[], readonly consentsInForce: number, readonly owners: number, readonly recipients: number }

export interface RecordOptions { readonly config: Pick<Config, 'retentionDays' | 'retentionBytes' | 'history' | 'mqtts' | 'host' | 'bridgeHosts' | 'controller'>, readonly parties: Parties, readonly streams: Streams, readonly consents: Consents }

const NO_CONTROLLER = 'name and contact of the controller (the group `controller` of the configuration), of joint controllers and representatives (Art. 30(1)(a))'
const NO_REPRESENTATIVES = 'representatives of controllers outside of the Union, and joint controllers that the configuration does not name (Art. 30(1)(a))'
const MISSING = [
  'contact of the data protection officer (Art. 30(1)(a))',
  'countries of recipients that nobody stated, and safeguards of transfers to them (Art. 30(1)(e))',
]

export function processingRecord({ config, parties, streams, consents }: RecordOptions, now: number): ProcessingRecord {
  const list = parties.list(), countries = [...new Set(list.flatMap(({ role, country = NOT_STATED }) => role === 'subscriber' ? [country] : []))].sort(), count = (role: string) => list.filter(party => party.role === role).length
  return {
    type: 'RecordOfProcessingActivities', at: new Date(now).toISOString(), ...controllerOf(config), activities: activities(streams, consents, now),
    subjects: { categories: ['owners of sensors and those who live with them'], owners: count('owner') },
    recipients: { categories: ['subscribers under an agreement', ...config.history ? ['the history (InfluxDB) of this gateway'] : []], subscribers: count('subscriber'), countries },
    retention: [
      { what: 'readings in the journal', howLong: `${config.retentionDays} days, or ${config.retentionBytes} bytes where that is less` },
      ...config.history ? [{ what: 'readings in the history', howLong: `as each consent says, else ${config.history.keep}` }] : [],
      { what: 'readings that no consent lets out', howLong: 'not kept' }, { what: 'accounts, devices, consents', howLong: 'until erased' }, { what: 'usage and postings', howLong: 'for ever, under a pseudonym once the owner is erased' },
    ],
    measures: [
      'default deny: nothing leaves without a consent in force', 'a withdrawal takes effect before it is answered', 'keys kept as SHA-256, publisher keys and brokers\' passwords sealed with AES-256-GCM',
      'files readable by the gateway\'s account alone', `MQTT over TLS: ${config.mqtts ? 'on' : 'off'}`, `listens on ${config.host}`, `fetches from ${config.bridgeHosts.length === 0 ? 'no broker' : config.bridgeHosts.join(', ')}`,
      'consent events and operators\' actions in hash chains', 'erasure from journal, state and history',
    ],
    transfersAbroad: 'Sluice sends data to nobody but subscribers who connect; where those are, an operator states.',
    missing: [config.controller ? NO_REPRESENTATIVES : NO_CONTROLLER, ...MISSING],
  }
}

function controllerOf({ controller: stated, retentionDays }: RecordOptions['config']): Pick<ProcessingRecord, 'controller'> {
  if (!stated) return {}
  const { controller, jointControllers, authority, jurisdiction, storageCountry } = factsOf(stated, retentionDays)
  return { controller: { controller, ...(jointControllers && { jointControllers }), authority, jurisdiction, storageCountry } }
}

function controllerLines({ controller, jointControllers = [], authority, jurisdiction, storageCountry }: NonNullable<ProcessingRecord['controller']>): readonly string[] {
  return [
    `${controller.name}, ${controller.address}, ${controller.country}; ${controller.contact}`,
    ...jointControllers.map(({ name, address, country, contact }) => `together with ${name}, ${address}, ${country}; ${contact}`), `authority: ${authority.name}, ${authority.address}; ${authority.contact}`,
    `law: ${jurisdiction}`, `stored in: ${storageCountry}`,
  ]
}

function activities(streams: Streams, consents: Consents, now: number): readonly Activity[] {
  const given = [...streams.all()].flatMap(({ id }) => consents.on(id)).filter(grant => isPermission(grant) && stateOf(grant, now) === 'given')
  const byPurpose = Map.groupBy(given.flatMap(grant => grant.purposes.map(purpose => ({ purpose, grant }))), ({ purpose }) => purpose)
  return [...byPurpose].map(([purpose, all]) => ({
    purpose: purposeIri(purpose), legalBasis: 'consent (Art. 6(1)(a))', categories: [...new Set(all.flatMap(({ grant }) => grant.attributes))].sort(), consentsInForce: all.length,
    owners: new Set(all.map(({ grant }) => grant.ownerId)).size, recipients: new Set(all.map(({ grant }) => grant.recipient)).size,
  }))
}

/** The same for people. */
export function markdownOf(record: ProcessingRecord): string {
  const list = (items: readonly string[]) => items.map(item => `- ${item}`).join('\n')
  return [
    '# Record of processing activities', `As of ${record.at}, made by the gateway of what is in force.`, ...record.controller ? ['## Controller', list(controllerLines(record.controller))] : [], '## Activities',
    '| purpose | legal basis | data | consents in force | owners | recipients |\n|---|---|---|---|---|---|\n' + record.activities.map(({ purpose, legalBasis, categories, consentsInForce, owners, recipients }) =>
      `| ${purpose.replaceAll('|', '\\|')} | ${legalBasis} | ${categories.join(', ')} | ${consentsInForce} | ${owners} | ${recipients} |`).join('\n'),
    '## Whose data', list([...record.subjects.categories, `${record.subjects.owners} owners`]), '## Who receives', list([...record.recipients.categories, `${record.recipients.subscribers} subscribers`, `in: ${record.recipients.countries.join(', ') || 'no country'}`]),
    '## How long', list(record.retention.map(({ what, howLong }) => `${what}: ${howLong}`)), '## Measures', list(record.measures), '## Other countries', record.transfersAbroad,
    '## To be filled in by people', list(record.missing),
  ].join('\n\n') + '\n'
}
