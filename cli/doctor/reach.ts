// Whether somebody answers at an address, and how: one connection, one question, and not for long.
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'

export const ANSWER_MS_MAX = 3_000
/** Of an answer, more is not read. */
const BODY_BYTES_MAX = 65_536

/** Resolves when a TCP connection was made; rejects with what the system says. */
export function reach(host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect({ host, port, timeout: ANSWER_MS_MAX })
    socket.once('connect', () => { socket.destroy(); done() })
    socket.once('timeout', () => socket.destroy(silent()))
    socket.once('error', fail)
  })
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** GET. Rejects where nobody answers, or not with HTTP. */
export function ask(url: URL, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  return new Promise((done, fail) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX), failed = (error: Error): void => fail(signal.aborted ? silent() : error)
    const sent = (url.protocol === 'https:' ? requestTls : request)(url, { headers, agent: false, signal })
    sent.once('error', failed).once('response', response => {
      let body = ''
      response.on('data', (chunk: Buffer) => { if (body.length < BODY_BYTES_MAX) body += chunk.toString() })
      response.once('error', failed).once('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }).end()
  })
}

function silent(): Error { return Object.assign(new Error(`no answer within ${ANSWER_MS_MAX / 1000} s`), { code: 'ETIMEDOUT' }) }

const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: start it, or correct the port',
  ENOTFOUND: 'The name is not known: correct it, or mend the name server',
  EAI_AGAIN: 'No name server answers: mend the network',
  ETIMEDOUT: 'Nothing comes back: look at firewalls on the way, and whether it runs',
  EHOSTUNREACH: 'There is no way to it: mend the network',
  ENETUNREACH: 'There is no way to it: mend the network',
}

/** What the system says of somebody who is not reached, and what helps. */
export function unreached(error: unknown, setting: string): { why: string, remedy: string } {
  const { code = '', message } = error as NodeJS.ErrnoException
  return { why: code || message, remedy: `${REMEDIES[code] ?? 'See whether it runs, and whether something is in the way'} (${setting}).` }
}
