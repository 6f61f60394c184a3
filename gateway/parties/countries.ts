// The countries that ISO 3166-1 gives a code of two letters; and groups of them, which a consent may name and in which nobody is by themselves:
// whoever receives is in one country.
import { GatewayError } from '#gateway/errors.ts'

export const COUNTRIES: ReadonlySet<string> = new Set(`AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY
HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX
SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`.split(/\s+/))

const UNION = `AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
AX GF GP MF MQ RE YT`.split(/\s+/)

/**
 * The European Union: its 27 member states (Art. 52 TEU, as of 2020-02-01), and what has a code of its own and is of them: the outermost regions and
 * Åland (Art. 355(1) and (4) TFEU). The European Economic Area: the same and the three states of EFTA that are in it (Agreement on the EEA, OJ L 1 of
 * 1994-01-03); not Svalbard (its Protocol 40).
 */
const GROUPS: Readonly<Record<string, readonly string[]>> = { EU: UNION, EEA: [...UNION, 'IS', 'LI', 'NO'] }
export const COUNTRY_GROUPS: readonly string[] = Object.keys(GROUPS)

/** The countries that a code means: those of a group, or itself. */
export function countriesIn(code: string): readonly string[] { return Object.hasOwn(GROUPS, code) ? GROUPS[code]! : [code] }

/** Throws BAD_REQUEST for what is neither a country nor a group of them. */
export function checkedPlace(code: string): string {
  if (COUNTRIES.has(code) || Object.hasOwn(GROUPS, code)) return code
  throw new GatewayError('BAD_REQUEST', `${JSON.stringify(code.slice(0, 8))} is no country: write the two capitals of ISO 3166-1, such as BE, or a group: ${COUNTRY_GROUPS.join(', ')}.`)
}

/** Throws BAD_REQUEST for what is no country. */
export function checkedCountry(code: string): string {
  if (COUNTRIES.has(code)) return code
  throw new GatewayError('BAD_REQUEST', `${JSON.stringify(code.slice(0, 8))} is no country: write the two capitals of ISO 3166-1, such as BE.`)
}
