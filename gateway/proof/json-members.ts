// The members of a JSON object as they are written. What is proven is bytes, and JSON.parse does not keep them.

/** The raw text of each member's value, by name. `text` is a JSON object, as JSON.parse has found; undefined where a name is there twice. */
export function rawMembers(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>()
  for (let at = text.indexOf('"'); at >= 0;) {
    const nameEnd = endOfString(text, at), name = JSON.parse(text.slice(at, nameEnd)) as string
    const begin = text.indexOf(':', nameEnd) + 1, end = endOfValue(text, begin)
    if (members.has(name)) return undefined
    members.set(name, text.slice(begin, end).trim())
    at = text.indexOf('"', end)
  }
  return members
}

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, OPENING = new Set([0x7b, 0x5b]), CLOSING = new Set([0x7d, 0x5d])

/** Behind the closing quote of the string that begins here. */
function endOfString(text: string, begin: number): number {
  let at = begin + 1
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(++at)) if (code === BACKSLASH) at++
  return at + 1
}

/** Where the comma or the brace stands that ends the value. */
function endOfValue(text: string, begin: number): number {
  let depth = 0, at = begin
  for (; ; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at) - 1
    else if (OPENING.has(code)) depth++
    else if (depth === 0 && (code === COMMA || CLOSING.has(code))) return at
    else if (CLOSING.has(code)) depth--
  }
}
