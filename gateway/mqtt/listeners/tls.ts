// MQTT over TLS 1.2 and 1.3. A handshake is as bounded as a CONNECT: in time, and in how many may be under way.
import { constants } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { fingerprintOf } from '#gateway/lib/fingerprint.ts'
import { travelsBy } from '#gateway/lib/reset.ts'
import { CertificateError, readCertificate, watchCertificate, type CertificateFiles } from '#gateway/mqtt/listeners/certificate-files.ts'
import type { Listener } from '#gateway/mqtt/listeners/listening.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

/** Whether clients are asked for a certificate of their own: never; without having to have one; or none comes in without. */
export type ClientCertificates = 'none' | 'optional' | 'required'

export interface TlsOptions extends CertificateFiles {
  /** 0 takes a free one. */
  readonly port: number
  /** Left out: `required` where there are authorities for them (`clientCaFile`), else `optional`. */
  readonly clientCertificates?: ClientCertificates
  /** How often the files are looked at. */
  readonly reloadMs?: number
}

export interface TlsEvents {
  /** `fingerprint` is that of the certificate that the client has shown the key of, where it has one. */
  accept(socket: TLSSocket, fingerprint: string | undefined): void
  /** Whether a source has this certificate, and it is good now: asked where one is required, and no authority says which. */
  isRegistered(fingerprint: string): boolean
  /** A client that the handshake failed for, or whose certificate is not what is asked for. */
  refused(error: Error): void
  /** The files have changed: from now on newcomers see the new certificate. */
  reloaded(): void
  /** They have changed, and cannot be used: the old certificate stays. */
  failed(error: unknown): void
}

const RELOAD_MS = 10_000
/** And no renegotiation (in TLS 1.2): whoever a connection began with is who it goes on with. */
const PROTOCOL: SecureContextOptions = { minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_RENEGOTIATION }

export class TlsListener implements Listener {
  readonly server: TlsServer
  readonly port: number
  readonly #options: TlsOptions
  readonly #events: TlsEvents
  readonly #limits: MqttLimits
  readonly #asksFor: ClientCertificates
  /** Sockets whose handshake is under way, by address and port of the peer, oldest first. */
  readonly #handshakes = new Map<string, Socket>()

  /** Throws an Error that names the file where a certificate cannot be used. */
  constructor(options: TlsOptions, limits: MqttLimits, events: TlsEvents) {
    this.port = options.port
    this.#options = options
    this.#limits = limits
    this.#events = events
    this.#asksFor = asksFor(options)
    this.server = createServer({
      ...readCertificate(options), ...PROTOCOL, noDelay: true, handshakeTimeout: limits.connectDeadlineMs,
      // What else is asked of a certificate is looked at when the handshake is done: a self-signed one has nobody that vouches for it.
      requestCert: this.#asksFor !== 'none', rejectUnauthorized: this.#asksFor === 'required' && options.clientCaFile !== undefined,
    })
    this.#listen()
  }

  readonly cut = (): void => { for (const socket of this.#handshakes.values()) socket.destroy() }

  #listen(): void {
    const { server } = this, base: Server = server
    base.on('connection', (socket: Socket) => this.#begin(socket))
    server.on('secureConnection', socket => {
      const raw = this.#handshakes.get(nameOf(socket))
      if (raw) travelsBy(socket, raw)
      this.#handshakes.delete(nameOf(socket))
      this.#judge(socket)
    })
    server.on('tlsClientError', (error, socket) => {
      socket.destroy() // after a handshake that took too long nobody else does
      this.#events.refused(error)
    })
    server.once('listening', () => {
      const stop = watchCertificate(this.#options, this.#options.reloadMs ?? RELOAD_MS, () => this.#reload())
      server.once('close', stop)
    })
  }

  /**
   * A handshake proves that the client has the key of the certificate that it sends, whoever signed that. A session that is resumed keeps
   * the certificate of the handshake that it comes from (RFC 5077 §4, RFC 8446 §4.6.1): it is looked up again like any other, and a
   * changed file ends all sessions.
   */
  #judge(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate(), fingerprint = certificate && fingerprintOf(certificate)
    const fault = this.#faultOf(socket, fingerprint)
    if (fault === undefined) return this.#events.accept(socket, fingerprint)
    socket.destroy()
    this.#events.refused(new Error(fault))
  }

  #faultOf({ authorized, authorizationError }: TLSSocket, fingerprint: string | undefined): string | undefined {
    const isRequired = this.#asksFor === 'required'
    if (fingerprint === undefined) return isRequired ? 'it has no certificate' : undefined
    if (this.#options.clientCaFile !== undefined) return authorized ? undefined : `its certificate is not trusted: ${authorizationError}`
    return isRequired && !this.#events.isRegistered(fingerprint) ? 'its certificate is that of no source' : undefined
  }

  #begin(socket: Socket): void {
    const name = nameOf(socket), handshakes = this.#handshakes
    handshakes.set(name, socket)
    socket.once('close', () => { if (handshakes.get(name) === socket) handshakes.delete(name) })
    if (handshakes.size <= this.#limits.newcomersMax) return
    const [[oldest, crowdedOut]] = handshakes as unknown as [[string, Socket]]
    handshakes.delete(oldest)
    crowdedOut.destroy()
  }

  #reload(): void {
    try {
      this.server.setSecureContext({ ...readCertificate(this.#options), ...PROTOCOL })
      this.#events.reloaded()
    } catch (error) { this.#events.failed(error) }
  }
}

/** What is meant where nothing is said. Throws a CertificateError where authorities stand beside `none`. */
export function asksFor({ clientCertificates, clientCaFile }: Pick<TlsOptions, 'clientCertificates' | 'clientCaFile'>): ClientCertificates {
  if (clientCertificates === 'none' && clientCaFile !== undefined) {
    throw new CertificateError(`There are authorities for certificates of clients in ${clientCaFile}, and none are asked for`)
  }
  return clientCertificates ?? (clientCaFile === undefined ? 'optional' : 'required')
}

function nameOf({ remoteAddress, remotePort }: Socket): string { return `${remoteAddress} ${remotePort}` }
