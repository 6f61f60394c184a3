// Text in columns, for people. What strangers wrote is shown without control characters, so that it cannot write over the screen.

const GAP = '  '

/** Rows of cells, each column as wide as its widest cell; the last one is not filled up. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, k) => { widths[k] = Math.max(widths[k] ?? 0, cell.length) })
  return rows.map(row => row.map((cell, k) => k < row.length - 1 ? cell.padEnd(widths[k]!) : cell).join(GAP).trimEnd()).join('\n')
}

/** Words in lines of at most `width` characters where the words allow it. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Records as a table with a heading; of each the fields that are named. */
export function table(records: readonly object[], fields: readonly string[]): string {
  if (records.length === 0) return '(none)'
  return columns([fields, ...records.map(record => fields.map(field => cellOf((record as Readonly<Record<string, unknown>>)[field])))])
}

/** One record, a field a line. */
export function lines(record: object): string {
  return columns(Object.entries(record).filter(([, value]) => value !== undefined).map(([field, value]) => [field, cellOf(value)]))
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '-'
  if (Array.isArray(value) && value.every(item => typeof item !== 'object')) return printable(value.join(',')) || '-'
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

export function printable(text: string): string { return text.replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '?') }
