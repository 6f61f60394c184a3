// What `verify` does with the lines of a file: messages and receipts, documents of a transparency log, or a whole log. The first line says which.
import { usageError } from '#cli/errors.ts'
import { checkReceipts, isReceipts, RECEIPT_FAULTS } from '#gateway/consent/records/receipt-check.ts'
import type { SignedHead } from '#gateway/proof/head.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { FAULTS, Verifier } from '#gateway/proof/verifier.ts'
import { parseDocument, type LogStart } from '#gateway/transparency/documents.ts'
import { checkDocument, LOG_FAULTS, LogVerifier, type LogFault } from '#gateway/transparency/verifier.ts'

export interface Checker {
  /** What it counts: one of it, and several. */
  readonly names: readonly [one: string, several: string]
  /** How the document calls them. */
  readonly member: string
  /** More that the document tells. */
  readonly more: Readonly<Record<string, unknown>>
  /** Empty lines are nothing. */
  readonly skipsEmpty: boolean
  /** What is wrong with each thing of a line, or undefined. No text: it is too long. */
  line(text: string | undefined): readonly (Wrong | undefined)[]
  /** What is wrong with all of it, when no line was. */
  end(): Wrong | undefined
}

export interface Wrong { readonly code: string, readonly message: string }

/** `kept`: heads of a transparency log, which a whole log is held against. */
export function checkerFor(firstLine: string | undefined, keys: PublicKeys, kept: readonly SignedHead[]): Checker {
  const document = firstLine === undefined ? undefined : parseDocument(firstLine)
  if (document?.kind === 'log') return wholeLog(document.start, keys, kept)
  if (kept.length > 0) throw usageError('--head goes with a whole log (`sluice transparency export`) or with a data directory: there is nothing here to hold it against.')
  return document ? documents(keys) : messages(keys)
}

/** Messages, and receipts of consents, of which a line may have several. */
function messages(keys: PublicKeys): Checker {
  const verifier = new Verifier(keys)
  return {
    names: ['message', 'messages'], member: 'messages', more: {}, skipsEmpty: true, end: () => undefined,
    line: text => {
      if (text !== undefined && isReceipts(text)) return checkReceipts(text, keys).map(code => code && { code, message: RECEIPT_FAULTS[code] })
      const code = text === undefined ? 'NO_MESSAGE' : verifier.check(text)
      return [code && { code, message: FAULTS[code] }]
    },
  }
}

/** Heads, entries and growth, in whatever order. */
function documents(keys: PublicKeys): Checker {
  return {
    names: ['document', 'documents'], member: 'documents', more: {}, skipsEmpty: true, end: () => undefined,
    line: text => {
      const document = text === undefined ? undefined : parseDocument(text)
      return [document && document.kind !== 'log' ? wrong(checkDocument(document, keys)) : wrong('NO_ENTRY')]
    },
  }
}

function wholeLog(start: LogStart, keys: PublicKeys, kept: readonly SignedHead[]): Checker {
  const verifier = new LogVerifier(start, keys, kept)
  let isFirst = true
  return {
    names: ['line of a log', 'lines of a log'], member: 'lines', skipsEmpty: false, end: () => wrong(verifier.end()),
    get more() { return { entries: verifier.entries, opened: verifier.opened, size: start.head.size, time: new Date(start.head.time).toISOString() } },
    line: text => {
      if (!isFirst) return [wrong(text === undefined ? 'NO_ENTRY' : verifier.add(text))]
      isFirst = false
      return [wrong(verifier.headFault)]
    },
  }
}

function wrong(code: LogFault | undefined): Wrong | undefined { return code && { code, message: LOG_FAULTS[code] } }
