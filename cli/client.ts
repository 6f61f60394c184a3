// The HTTP API as a command sees it: one call, one answer, and errors that say what to do.
import type { IncomingMessage } from 'node:http'
import { CliError } from '#cli/errors.ts'

/** A gateway answers in milliseconds; one that does not has stopped. */
const ANSWER_MS_MAX = 30_000

export interface ClientOptions {
  /** Of the gateway. A path in it is kept: a gateway may stand behind a proxy, below a prefix. */
  readonly url: string
  readonly key: string
}

/** A call resolves with the JSON of the answer. It throws a CliError: the gateway's refusal, or UNAVAILABLE where there is no gateway. */
export class Client {
  readonly url: URL
  readonly key: string

  constructor({ url, key }: ClientOptions) {
    this.url = new URL(url.endsWith('/') ? url : `${url}/`)
    this.key = key
  }

  get<T extends object = object>(path: string): Promise<T> { return this.#call<T>('GET', path) }
  post<T extends object = object>(path: string, body?: object): Promise<T> { return this.#call<T>('POST', path, body) }
  put<T extends object = object>(path: string, body?: object): Promise<T> { return this.#call<T>('PUT', path, body) }
  patch<T extends object = object>(path: string, body: object): Promise<T> { return this.#call<T>('PATCH', path, body) }
  delete<T extends object = object>(path: string): Promise<T> { return this.#call<T>('DELETE', path) }

  /** An answer that is no JSON, as it comes; `signal` breaks it off. */
  async download(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#send('GET', path, undefined, signal)
    if (response.statusCode !== 200) await this.#resultOf(response)
    return response
  }

  async #call<T extends object>(method: string, path: string, body?: object): Promise<T> {
    return await this.#resultOf(await this.#send(method, path, body)) as T
  }

  #send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(`.${path}`, this.url)
    // An import of node:http would evaluate all that it can export, a second HTTP client among it: 60 ms at each start.
    const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
    const text = body && JSON.stringify(body)
    return new Promise<IncomingMessage>((done, fail) => {
      const about = text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const headers = { authorization: `Bearer ${this.key}`, ...about }
      const sent = request(url, { method, headers, agent: false, timeout: ANSWER_MS_MAX, signal }, done)
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_MS_MAX / 1000} s`))).on('error', fail).end(text)
    }).catch((error: unknown) => { throw unreachable(this.url, error) })
  }

  async #resultOf(response: IncomingMessage): Promise<object> {
    const answer = await textOf(response).catch((error: unknown) => { throw unreachable(this.url, error) })
    return resultOf(response.statusCode ?? 0, answer, this.url)
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Throws what the gateway refused with. */
function resultOf(status: number, text: string, url: URL): object {
  let result: unknown
  try { result = JSON.parse(text) } catch { throw notAGateway(url, status) }
  if (typeof result !== 'object' || result === null) throw notAGateway(url, status)
  if (status >= 400) throw refusal(result) ?? notAGateway(url, status)
  return result
}

/** A problem (RFC 9457) as the error that it means; undefined where it is none of ours. */
export function refusal(problem: unknown): CliError | undefined {
  const { code, detail } = (problem ?? {}) as { code?: unknown, detail?: unknown }
  return typeof code === 'string' ? new CliError(code, typeof detail === 'string' ? detail : code) : undefined
}

export function unreachable({ origin }: URL, cause: unknown): CliError {
  const { code, message } = cause as { code?: string, message: string }
  const advice = 'start one with `sluice serve`, or say where it is with --url or SLUICE_URL'
  return new CliError('UNAVAILABLE', `No gateway answers at ${origin} (${code ?? message}): ${advice}.`, { cause })
}

function notAGateway({ origin }: URL, status: number): CliError {
  const advice = 'say where one is with --url or SLUICE_URL'
  return new CliError('UNAVAILABLE', `What answers at ${origin} is no Sluice gateway (status ${status}): ${advice}.`)
}
