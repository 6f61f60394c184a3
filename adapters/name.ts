// Names as devices spell them → one form to look up: `Wind Speed`, `wind_speed` and `windSpeed` are one name, `pm1_0` and `pm10` are two.

/** Devices repeat their names in every message, so what was made of them is remembered: up to so many, and none that is longer. */
export const NAMES_REMEMBERED_MAX = 4_000
export const NAME_REMEMBERED_LENGTH_MAX = 64

/** The same function of a name, with a bounded memory. */
export function remembering<V>(of: (name: string) => V): (name: string) => V {
  const known = new Map<string, V>()
  return name => {
    if (known.has(name)) return known.get(name) as V
    const made = of(name)
    if (name.length > NAME_REMEMBERED_LENGTH_MAX) return made
    if (known.size >= NAMES_REMEMBERED_MAX) known.clear()
    known.set(name, made)
    return made
  }
}

/** Lower case, letters and digits only; a separator between two digits becomes a point. */
export const foldName = remembering(fold)

function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, (_separator, at: number, text: string) => {
    const before = text[at - 1], after = /[a-z0-9]/.exec(text.slice(at))?.[0]
    return isDigit(before) && isDigit(after) ? '.' : ''
  })
}

/** `probe12` → `probe` and `12`: a name and the number of its channel. Undefined where it does not end with one to three digits. */
export function splitChannel(folded: string): { readonly stem: string, readonly channel: string } | undefined {
  const match = /^(.*[a-z])(\d{1,3})$/.exec(folded)
  return match ? { stem: match[1]!, channel: match[2]! } : undefined
}

function isDigit(letter: string | undefined): boolean {
  return letter !== undefined && letter >= '0' && letter <= '9'
}
