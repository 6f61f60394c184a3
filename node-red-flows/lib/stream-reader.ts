// One stream over WebSocket while its node lives: connects again after every break, goes on behind the last message, takes none twice.
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { addressOf } from './api-client.ts'
import { BackOff } from './back-off.ts'
import { parseEnvelope, Seen, isMessageId, type Envelope } from './envelope.ts'
import { errorOf, GatewayError, passesByItself, unavailable } from './gateway-error.ts'

/** Close code of a stream that the gateway ends; the close reason is one of its codes. */
const CLOSE_REFUSED = 4403
const MESSAGE_BYTES_MAX = 1 << 20
const PROBLEM_BYTES_MAX = 1 << 16

export interface ReaderTimes {
  readonly handshakeMsMax: number
  readonly pingEveryMs: number
  /** A gateway that has not answered a ping for so long is gone. */
  readonly pongMsMax: number
  /** How long until a stream that the gateway has ended is asked for again. */
  readonly askAgainMs: number
}

export const READER_TIMES: ReaderTimes = { handshakeMsMax: 15_000, pingEveryMs: 15_000, pongMsMax: 10_000, askAgainMs: 30_000 }

/** `ended`: the gateway has ended or refused it with a code, and says the same until something changes. */
export type ReaderState = 'connecting' | 'connected' | 'ended' | 'stopped'

export interface ReaderOptions {
  readonly url: string
  readonly key: string
  readonly streamId: string
  /** Nothing (what comes from now on), `earliest`, a time (RFC 3339), or the id of the last message that is known. */
  readonly from: string | undefined
  /** Not to ask again after an end. */
  readonly stopsOnEnd: boolean
  readonly onEnvelope: (envelope: Envelope) => void
  readonly onState: (state: ReaderState) => void
  /** Once for each end, not for each time that asking again brings the same. */
  readonly onEnd: (error: GatewayError) => void
  /** Where to go on after a break before the first message: the moment in which it was connected. */
  readonly onBegin: (from: string) => void
  readonly times?: ReaderTimes
}

export class StreamReader {
  readonly #options: ReaderOptions
  readonly #times: ReaderTimes
  readonly #seen: Seen
  readonly #backOff = new BackOff()
  #from: string | undefined
  #state: ReaderState = 'stopped'
  #socket: WebSocket | undefined
  #timer: NodeJS.Timeout | undefined
  #isPaused = false
  #isAsked = false
  #endCode: string | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#times = options.times ?? READER_TIMES
    this.#from = options.from
    this.#seen = new Seen(options.from !== undefined && isMessageId(options.from) ? options.from : undefined)
  }

  get state(): ReaderState { return this.#state }
  /** With which code the gateway has ended the stream. */
  get endCode(): string | undefined { return this.#endCode }

  start(): void { if (this.#state === 'stopped') this.#connect() }

  /** Now, where the gateway has ended it and it would be asked for again later, or not at all. */
  askAgain(): void {
    if (this.#state !== 'ended' || this.#socket) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  /** At once: nothing is taken any more when this returns. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#become('stopped')
    this.#socket?.terminate()
    this.#socket = undefined
  }

  /** Takes nothing more from the socket, so that the gateway waits; what has been read already still comes. */
  pause(): void { this.#setPaused(true) }
  resume(): void { this.#setPaused(false) }

  #setPaused(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    if (this.#state !== 'connected') return
    if (isPaused) this.#socket?.pause()
    else this.#socket?.resume()
    this.#beat()
  }

  #become(state: ReaderState): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.onState(state)
  }

  #connect(): void {
    if (this.#state !== 'ended') this.#become('connecting')
    let socket: WebSocket
    try {
      const headers = { authorization: `Bearer ${this.#options.key}` }, { handshakeMsMax: handshakeTimeout } = this.#times
      socket = new WebSocket(this.#address(), { headers, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX, handshakeTimeout })
    } catch (error) {
      return this.#end(error instanceof GatewayError ? error : new GatewayError('BAD_REQUEST', (error as Error).message))
    }
    this.#socket = socket
    this.#listen(socket)
  }

  #listen(socket: WebSocket): void {
    const isCurrent = (): boolean => this.#socket === socket
    let refusal: GatewayError | undefined
    socket.on('open', () => { if (isCurrent()) this.#open() })
    socket.on('message', data => { if (isCurrent()) this.#take((data as Buffer).toString()) })
    socket.on('pong', () => { if (isCurrent()) this.#heard() })
    socket.on('error', () => { /* a close follows */ })
    socket.on('unexpected-response', (_request, response) => void refusalOf(response, this.#options.url).then(error => {
      refusal = error
      socket.terminate()
    }))
    socket.on('close', (code, reason) => {
      if (!isCurrent()) return
      this.#socket = undefined
      const error = code === CLOSE_REFUSED ? ended(reason.toString()) : refusal
      if (error && !passesByItself(error)) this.#end(error)
      else this.#again()
    })
  }

  #address(): URL {
    const { url, streamId } = this.#options
    const address = addressOf(url, `/streams/${encodeURIComponent(streamId)}/subscribe`)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    address.searchParams.set('envelope', '1')
    const from = this.#seen.last ?? this.#from
    if (from !== undefined) address.searchParams.set('from', from)
    return address
  }

  #open(): void {
    if (this.#from === undefined) this.#options.onBegin(this.#from = new Date().toISOString())
    this.#backOff.reset()
    this.#endCode = undefined
    if (this.#isPaused) this.#socket?.pause()
    this.#become('connected')
    this.#beat()
  }

  #take(text: string): void {
    const envelope = parseEnvelope(text)
    if (!envelope) return this.#socket?.terminate() // no gateway speaks so: ask again
    this.#heard()
    if (this.#seen.take(envelope.messageId)) this.#options.onEnvelope(envelope)
  }

  /** Asks for a sign of life after a while. While paused nothing is read, so none could be seen. */
  #beat(): void {
    clearTimeout(this.#timer)
    this.#isAsked = false
    if (!this.#isPaused) this.#timer = setTimeout(() => this.#ask(), this.#times.pingEveryMs)
  }

  #ask(): void {
    this.#isAsked = true
    this.#socket?.ping()
    this.#timer = setTimeout(() => this.#socket?.terminate(), this.#times.pongMsMax)
  }

  /** A message is as good as a pong, which may be a long way behind it. */
  #heard(): void { if (this.#isAsked) this.#beat() }

  #again(): void {
    if (this.#state === 'ended') return this.#after(this.#times.askAgainMs)
    this.#become('connecting')
    this.#after(this.#backOff.next())
  }

  #end(error: GatewayError): void {
    const isNews = this.#endCode !== error.code, { stopsOnEnd, onEnd } = this.#options
    this.#endCode = error.code
    clearTimeout(this.#timer)
    this.#become('ended')
    if (isNews) onEnd(error)
    if (!stopsOnEnd && this.#state === 'ended') this.#after(this.#times.askAgainMs)
  }

  #after(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), ms)
  }
}

const ENDED = 'The gateway has ended the stream'

function ended(code: string): GatewayError {
  return new GatewayError(code === '' ? 'INTERNAL' : code, `${ENDED}: ${code}.`)
}

/** Why a handshake was refused: the problem in the answer, or that this is no gateway. */
async function refusalOf(response: IncomingMessage, url: string): Promise<GatewayError> {
  let text = ''
  try {
    for await (const chunk of response) if ((text += String(chunk)).length > PROBLEM_BYTES_MAX) break
    const error = errorOf(JSON.parse(text))
    if (error) return error
  } catch { /* not what a gateway answers */ }
  return unavailable(url, new Error(`status ${response.statusCode}`))
}
