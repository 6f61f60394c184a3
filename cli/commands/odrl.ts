// odrl: evaluates and checks policies by the code that the gateway has for them. Nothing is asked of a gateway.
import { createReadStream } from 'node:fs'
import { columns, printable } from '#cli/columns.ts'
import { CliError, usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { checkPolicies, type Checked } from '#gateway/odrl/check.ts'
import { DOCUMENT_CHARS_MAX } from '#gateway/odrl/document.ts'
import { OdrlError } from '#gateway/odrl/errors.ts'
import { evaluateDocuments } from '#gateway/odrl/evaluation.ts'
import type { Fault } from '#gateway/odrl/policy.ts'
import { CONSENT_PROFILE } from '#gateway/odrl/profile.ts'
import { reportDocument, reportTriples } from '#gateway/odrl/report.ts'
import { shortName } from '#gateway/odrl/terms.ts'
import { writeTurtle } from '#gateway/odrl/turtle.ts'

const UTF8_BYTES_MAX = 4

/** A report of what is permitted is an answer, also when nothing is: the command ends with 0. */
export async function odrlEvaluate(input: Input, io: Io): Promise<void> {
  if (input.flag('turtle') && io.isJson) throw usageError('The report is printed with --json or with --turtle.')
  const [policy, request, world] = await Promise.all(['policy', 'request', 'world'].map(name => textOf(input.needed(name)))) as [string, string, string]
  const reports = orRefused(() => evaluateDocuments({ policy, request, world }, [CONSENT_PROFILE]))
  if (input.flag('turtle')) { io.print(writeTurtle(reports.flatMap(reportTriples)).trimEnd()); return }
  if (io.isJson) { io.show({ reports: reports.map(reportDocument) }); return }
  for (const report of reports) {
    io.print(`${report.policy} for ${report.request}: ${report.decision}`)
    const rows = report.rules.map(({ kind, rule, isActive, premises }) => [`  ${isActive ? 'Active' : 'Inactive'}`, kind, shortName(rule), premises.map(premise => `${premise.kind}${premise.isSatisfied ? '' : ' not'} satisfied`).join(', ')])
    if (rows.length > 0) io.print(columns(rows.map(row => row.map(printable))))
    for (const fault of unique([...report.faults, ...report.rules.flatMap(({ faults }) => faults)])) io.print(`  not understood: ${told(fault)}`)
  }
}

/** Throws BAD_REQUEST where something is not understood, when all of it is printed. */
export async function odrlCheck(input: Input, io: Io): Promise<void> {
  const text = await textOf(input.needed('FILE')), checked = orRefused(() => checkPolicies(text, [CONSENT_PROFILE]))
  const count = checked.reduce((sum, { faults }) => sum + faults.length, 0)
  if (io.isJson) io.show({ ok: count === 0, policies: checked })
  else for (const policy of checked) tell(policy, io)
  if (count > 0) throw new CliError('BAD_REQUEST', `${count === 1 ? 'One thing is' : `${count} things are`} not understood: what says so permits nothing.`)
}

function tell({ policy, kind, conflict, permissions, prohibitions, obligations, atoms, faults }: Checked, io: Io): void {
  io.print(printable(`${policy}: ${kind}, conflict ${conflict}, ${permissions} permissions, ${prohibitions} prohibitions, ${obligations} obligations, ${atoms} atomic rules`))
  for (const fault of faults) io.print(`  not understood: ${told(fault)}`)
}

function told({ at, message }: Fault): string { return printable(`${message} (in ${shortName(at)})`) }
function unique(faults: readonly Fault[]): readonly Fault[] { return [...new Map(faults.map(fault => [JSON.stringify(fault), fault])).values()] }

function orRefused<Result>(read: () => Result): Result {
  try { return read() } catch (error) {
    throw error instanceof OdrlError ? new CliError('BAD_REQUEST', error.message, { cause: error }) : error
  }
}

/** A file, or a pipe. Of whatever has no end no more is read than a document may have. */
async function textOf(path: string): Promise<string> {
  const most = DOCUMENT_CHARS_MAX * UTF8_BYTES_MAX, chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      if ((bytes += chunk.length) > most) break
    }
  } catch (error) {
    throw usageError(`${path} cannot be read: ${(error as Error).message}.`)
  }
  if (bytes > most) throw new CliError('BAD_REQUEST', `${path} is longer than the ${DOCUMENT_CHARS_MAX} characters that a document may have.`)
  return Buffer.concat(chunks).toString('utf8')
}
