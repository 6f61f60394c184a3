// A document in either syntax, told apart by its first character: a Turtle document never begins with a brace or a bracket that JSON-LD has.
import { tooMuch } from '#gateway/odrl/errors.ts'
import type { Graph } from '#gateway/odrl/graph.ts'
import { readJsonLd } from '#gateway/odrl/json-ld.ts'
import { readTurtle } from '#gateway/odrl/turtle.ts'

export const DOCUMENT_CHARS_MAX = 4 << 20

/** `name` keeps the blank nodes of two documents apart. Throws an OdrlError. */
export function readDocument(text: string, name: string): Graph {
  if (text.length > DOCUMENT_CHARS_MAX) throw tooMuch(`a document may have ${DOCUMENT_CHARS_MAX} characters`)
  return /^\uFEFF?\s*(?:\{|\[\s*\{)/.test(text) ? readJsonLd(text.replace(/^\uFEFF/, ''), name) : readTurtle(text, name)
}
