// One stream over WebSocket for as long as it lasts: connects again when it is cut off, goes on behind the last message, takes none twice.
import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { refusal, unreachable, type Client } from '#cli/client.ts'
import { CliError } from '#cli/errors.ts'
import { Seen } from '#cli/message-id.ts'
import { REFUSAL_TEXTS } from '#gateway/publish/refusal-texts.ts'

const HANDSHAKE_MS_MAX = 15_000
/** The gateway pings every 15 s; whoever is silent for so long has gone. */
const SILENCE_MS_MAX = 45_000
export const PAUSE_MS_MIN = 100
export const PAUSE_MS_MAX = 5_000
const MESSAGE_BYTES_MAX = 1 << 20
const PROBLEM_BYTES_MAX = 1 << 16
/** Close code of a stream that ends with a code of the gateway's, which is the reason. */
const CLOSE_REFUSED = 4403
/** Refusals that pass by themselves: the gateway stops, or starts. */
const PASSING = new Set(['UNAVAILABLE', 'INTERNAL'])

export interface StreamReaderOptions {
  readonly client: Pick<Client, 'url' | 'key'>
  readonly streamId: string
  readonly from?: string
  /** Each envelope has one. */
  readonly hasProof?: boolean
  /** The whole envelope, and the entity in it, both as they came. */
  readonly onMessage: (envelope: string, content: string) => void
  /** The stream is open; `again` after a lost connection. */
  readonly onLive: (again: boolean) => void
  readonly signal: AbortSignal
}

export class StreamReader {
  readonly #options: StreamReaderOptions
  readonly #seen = new Seen()
  #from: string | undefined
  #socket: WebSocket | undefined
  #hasBeenLive = false
  #isPaused = false

  constructor(options: StreamReaderOptions) {
    this.#options = options
    this.#from = options.from
    if (options.from !== undefined) this.#seen.take(options.from)
  }

  /** Resolves when the signal is aborted. Throws the refusal that ended the stream, or UNAVAILABLE where there was no gateway at first. */
  async run(): Promise<void> {
    const { signal } = this.#options
    for (let pause = PAUSE_MS_MIN; !signal.aborted; pause = Math.min(2 * pause, PAUSE_MS_MAX)) {
      if (await this.#connection()) pause = PAUSE_MS_MIN
      if (!signal.aborted) await delay(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
    }
  }

  /** While paused nothing is taken from the socket, and the gateway waits. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    if (isPaused) this.#socket.pause()
    else this.#socket.resume()
  }

  /** One connection, from its beginning to its end. Resolves with whether it was live at all. */
  #connection(): Promise<boolean> {
    const { client, signal } = this.#options
    return new Promise((done, fail) => {
      const headers = { authorization: `Bearer ${client.key}` }
      const socket = new WebSocket(this.#address(), { headers, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX, handshakeTimeout: HANDSHAKE_MS_MAX })
      const silence = setTimeout(() => { if (this.#isPaused) silence.refresh(); else socket.terminate() }, SILENCE_MS_MAX)
      const stop = (): void => socket.terminate()
      let isLive = false, cause: unknown
      this.#socket = socket
      signal.addEventListener('abort', stop, { once: true })
      socket.on('open', () => { isLive = true; this.#open() })
      socket.on('ping', () => silence.refresh())
      socket.on('message', data => { silence.refresh(); this.#take((data as Buffer).toString()) })
      socket.on('unexpected-response', (_request, response) => void refusalOf(response, client.url).then(error => {
        cause = error
        socket.terminate()
      }))
      socket.on('error', error => { cause ??= error })
      socket.on('close', (code, reason) => {
        clearTimeout(silence)
        signal.removeEventListener('abort', stop)
        const end = code === CLOSE_REFUSED ? ended(reason.toString()) : cause
        const isOver = !this.#hasBeenLive || (end instanceof CliError && !PASSING.has(end.code))
        if (!isOver || signal.aborted) done(isLive)
        else fail(end instanceof CliError ? end : unreachable(client.url, end ?? new Error('the connection was closed')))
      })
    })
  }

  #address(): URL {
    const address = new URL(`./streams/${encodeURIComponent(this.#options.streamId)}/subscribe`, this.#options.client.url)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    address.searchParams.set(this.#options.hasProof ? 'proof' : 'envelope', '1')
    const from = this.#seen.last ?? this.#from
    if (from !== undefined) address.searchParams.set('from', from)
    return address
  }

  #open(): void {
    this.#options.onLive(this.#hasBeenLive)
    this.#hasBeenLive = true
    this.#from ??= new Date().toISOString() // what comes while the connection is lost is fetched, also before the first message
    if (this.#isPaused) this.#socket?.pause()
  }

  /** The content comes last in an envelope, but for its proof, and is cut out as it is: numbers stay as their source wrote them. */
  #take(envelope: string): void {
    const contentAt = envelope.indexOf(CONTENT)
    const messageId = /"messageId":"([^"]+)"/.exec(envelope.slice(0, Math.max(0, contentAt)))?.[1]
    if (messageId === undefined) { this.#socket?.terminate(); return }
    if (this.#seen.take(messageId)) this.#options.onMessage(envelope, envelope.slice(contentAt + CONTENT.length, this.#options.hasProof ? envelope.lastIndexOf(PROOF) : -1))
  }
}

const CONTENT = ',"content":', PROOF = ',"proof":'

function ended(code: string): CliError {
  return new CliError(code, (REFUSAL_TEXTS as Readonly<Record<string, string>>)[code] ?? 'The gateway has ended the stream.')
}

/** Why an upgrade was refused: the problem in the answer, or that this is no gateway. */
async function refusalOf(response: IncomingMessage, url: URL): Promise<CliError> {
  let text = ''
  try {
    for await (const chunk of response) if ((text += String(chunk)).length > PROBLEM_BYTES_MAX) break
    const error = refusal(JSON.parse(text))
    if (error) return error
  } catch { /* not what a gateway answers */ }
  return unreachable(url, new Error(`status ${response.statusCode}`))
}
