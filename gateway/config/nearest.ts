// Did you mean …? The name that somebody most likely meant.

/** One slip in so many characters is still taken for the same word. */
const CHARACTERS_PER_SLIP = 3

/** The candidate that a misspelt word is nearest to; undefined where none is near. Case and separators do not count (`mqtt_port`). */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const meant = plain(word), slipsMax = Math.floor(meant.length / CHARACTERS_PER_SLIP)
  const ranked = candidates.map(candidate => ({ candidate, slips: distance(meant, plain(candidate)) })).sort((a, b) => a.slips - b.slips)
  return ranked.find(({ slips }) => slips <= slipsMax)?.candidate
}

function plain(word: string): string { return word.slice(0, 64).toLowerCase().replace(/[^a-z0-9]/g, '') }

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other (optimal string alignment). */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [], last = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1], isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1), isSwapped ? beforeLast[j - 2]! + 1 : Infinity)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
