// Words for people: places, durations, purposes, attributes.

const UNITS = { Y: 'year', M: 'month', W: 'week', D: 'day', H: 'hour' } as const
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
/** Codes that have a name and are no country of ISO 3166-1: withdrawn, reserved, or kept for other things. */
const NO_COUNTRY = new Set('AC AN BU CP CQ CS DD DG DY EA EZ FX HV IC NH QO RH SU TA TP UK UN VD XA XB XK YD YU ZR ZZ'.split(' '))

/** Whether two letters are a country (ISO 3166-1) or the European Union. */
export function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && !NO_COUNTRY.has(code) && regions.of(code) !== undefined
}

export function placeWords(country: string): string {
  const name = isCountry(country) ? regions.of(country)! : country
  return country === 'EU' ? `the ${name}` : name
}

/** `P1M2D` → `1 month and 2 days`. */
export function durationWords(iso: string): string {
  const parts = [...iso.matchAll(/(\d+)([YMWDH])/g)].map(([, count, unit]) => `${count} ${UNITS[unit as keyof typeof UNITS]}${count === '1' ? '' : 's'}`)
  return parts.length > 0 ? listWords(parts) : iso
}

/** `dpv:PublicBenefit` → `public benefit`; an IRI of somebody else's stays as it is. */
export function purposeWords(purpose: string): string { return purpose.startsWith('dpv:') ? nameWords(purpose.slice('dpv:'.length)) : purpose }

/** `relativeHumidity` → `relative humidity`. */
export function nameWords(name: string): string { return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase() }

/** `a`, `a and b`, `a, b and c`. */
export function listWords(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words[0] ?? ''
}
