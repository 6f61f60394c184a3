// What a gateway states of itself in every notice and record: who answers for it, where it stores, by whose law. From its configuration.
import { isCountry } from '#gateway/consent/notices/words.ts'
import { GatewayError } from '#gateway/errors.ts'

/** A party as a record names it. */
export interface PartyFacts {
  readonly name: string
  readonly address: string
  /** A mail address, a telephone number or a URL. */
  readonly contact: string
  /** ISO 3166-1, two letters, or `EU`. */
  readonly country: string
}

export interface Facts {
  readonly controller: PartyFacts
  /** Who answers for it together with them (GDPR Art. 26); left out: nobody. */
  readonly jointControllers?: readonly PartyFacts[]
  readonly authority: PartyFacts
  /** Whose law holds, as a country. */
  readonly jurisdiction: string
  /** Where readings are stored. */
  readonly storageCountry: string
  /** How long the gateway itself keeps what it delivered (ISO 8601). */
  readonly retention: string
}

/** The group `controller` of the configuration. */
export interface ControllerConfig extends PartyFacts {
  readonly jurisdiction: string
  readonly storageCountry?: string
  /** `NAME | ADDRESS | CONTACT | COUNTRY` */
  readonly joint?: readonly string[]
  readonly authority: string
  readonly authorityAddress: string
  readonly authorityContact: string
}

export const NOT_STATED = 'not stated'

/** Until somebody says who it is: a fresh gateway is for the one who started it. */
const UNNAMED: ControllerConfig = {
  name: 'The operator of this gateway', address: NOT_STATED, contact: NOT_STATED, country: 'EU', jurisdiction: 'EU',
  authority: 'The data protection authority of the country where you live', authorityAddress: NOT_STATED,
  authorityContact: 'https://www.edpb.europa.eu/about-edpb/about-edpb/members_en',
}

/** Throws BAD_REQUEST for a country that there is not. */
export function factsOf(controller: ControllerConfig = UNNAMED, retentionDays: number): Facts {
  const { name, address, contact, country, jurisdiction, storageCountry = country, joint = [], authority, authorityAddress, authorityContact } = controller
  const jointControllers = joint.map(jointFrom)
  for (const [setting, code] of [...Object.entries({ country, jurisdiction, storageCountry }), ...jointControllers.map(each => ['joint', each.country] as const)]) checkCountry(setting, code)
  return {
    controller: { name, address, contact, country }, ...(jointControllers.length > 0 && { jointControllers }),
    authority: { name: authority, address: authorityAddress, contact: authorityContact, country: jurisdiction },
    jurisdiction, storageCountry, retention: isoDays(retentionDays),
  }
}

/** As the schema of the configuration has checked it. */
function jointFrom(text: string): PartyFacts {
  const [name = '', address = '', contact = '', country = ''] = text.split('|').map(part => part.trim())
  return { name, address, contact, country }
}

function checkCountry(setting: string, code: string): void {
  if (isCountry(code)) return
  throw new GatewayError('BAD_REQUEST', `controller.${setting} is ${code}, and there is no such country: write two letters (ISO 3166-1), such as BE, or EU.`)
}

const HOURS_PER_DAY = 24

/** A part of a day is told in hours, rounded up. */
function isoDays(days: number): string { return Number.isInteger(days) ? `P${days}D` : `PT${Math.ceil(days * HOURS_PER_DAY)}H` }
