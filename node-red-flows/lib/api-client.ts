// The gateway's HTTP API as a node sees it: one call, one answer, and errors with a code.
import { errorOf, GatewayError, unavailable } from './gateway-error.ts'

/** A gateway answers in milliseconds; one that does not has stopped. */
export const ANSWER_MS_MAX = 10_000

export interface ApiOptions {
  /** Of the gateway. A path in it is kept: a gateway may stand behind a proxy, below a prefix. */
  readonly url: string
  readonly key: string
}

/** A call resolves with the JSON of the answer. It throws a GatewayError: the gateway's refusal, or UNAVAILABLE where there is none. */
export class ApiClient {
  readonly url: string
  readonly key: string
  readonly #answerMsMax: number

  constructor({ url, key }: ApiOptions, answerMsMax = ANSWER_MS_MAX) {
    this.url = url.endsWith('/') ? url : `${url}/`
    this.key = key
    this.#answerMsMax = answerMsMax
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> { return this.#call<T>('GET', path, undefined, signal) }
  post<T>(path: string, body: object, signal?: AbortSignal): Promise<T> { return this.#call<T>('POST', path, body, signal) }

  async #call<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
    const url = addressOf(this.url, path), limit = AbortSignal.timeout(this.#answerMsMax)
    const headers = { authorization: `Bearer ${this.key}`, ...body && { 'content-type': 'application/json' } }
    const about = { method, headers, body: body && JSON.stringify(body), signal: signal ? AbortSignal.any([signal, limit]) : limit }
    try {
      const response = await fetch(url, { ...about, redirect: 'error' }) // the key goes nowhere else
      return resultOf(response.status, await response.text(), this.url) as T
    } catch (error) {
      throw error instanceof GatewayError ? error : unavailable(this.url, error)
    }
  }
}

/** Throws BAD_REQUEST for what is no HTTP address. */
export function addressOf(base: string, path: string): URL {
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    throw new GatewayError('BAD_REQUEST', 'The gateway’s URL is wrong: it looks like http://127.0.0.1:8080.')
  }
  return new URL(`.${path}`, base.endsWith('/') ? base : `${base}/`)
}

function resultOf(status: number, text: string, url: string): unknown {
  const result = parsed(text)
  if (status < 400 && result !== undefined) return result
  const stranger = `What answers at ${new URL(url).origin} is no Sluice gateway (status ${status}).`
  throw errorOf(result) ?? new GatewayError('UNAVAILABLE', stranger)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
