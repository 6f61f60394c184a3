// Readings as a table: a line for each value, so that streams of whatever model have the same columns (RFC 4180).
import { keyValues } from '#semantic-models/entity.ts'

export const CSV_HEAD = 'messageId,receivedAt,entity,type,observedAt,attribute,value,unitCode\r\n'

interface Property { readonly observedAt?: string, readonly unitCode?: string }

/** The lines of one entity (NGSI-LD, normalized). */
export function csvLines(text: string, messageId: string, receivedAt: number): string {
  const entity = JSON.parse(text) as Record<string, unknown>, values = keyValues(entity), received = new Date(receivedAt).toISOString()
  let lines = ''
  for (const [name, value] of Object.entries(values)) {
    if (name === 'id' || name === 'type') continue
    const { observedAt = '', unitCode = '' } = entity[name] as Property
    const cells = [messageId, received, values['id'], values['type'], observedAt, name, typeof value === 'object' ? JSON.stringify(value) : value, unitCode]
    lines += `${cells.map(cell).join(',')}\r\n`
  }
  return lines
}

/** A text that a spreadsheet would take for a formula is told to be a text. */
function cell(value: unknown): string {
  const text = typeof value === 'string' && /^[=+@\t\r-]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
