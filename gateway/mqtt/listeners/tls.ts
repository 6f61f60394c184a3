// MQTT over TLS 1.2 and 1.3. A handshake is as bounded as a CONNECT: in time, and in how many may be under way.
import type { Server, Socket } from 'node:net'
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { readCertificate, watchCertificate, type CertificateFiles } from '#gateway/mqtt/listeners/certificate-files.ts'
import type { Listener } from '#gateway/mqtt/listeners/listening.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

export interface TlsOptions extends CertificateFiles {
  /** 0 takes a free one. */
  readonly port: number
  /** How often the files are looked at. */
  readonly reloadMs?: number
}

export interface TlsEvents {
  accept(socket: TLSSocket): void
  /** A client that the handshake failed for. */
  refused(error: Error): void
  /** The files have changed: from now on newcomers see the new certificate. */
  reloaded(): void
  /** They have changed, and cannot be used: the old certificate stays. */
  failed(error: unknown): void
}

const RELOAD_MS = 10_000

export class TlsListener implements Listener {
  readonly server: TlsServer
  readonly port: number
  readonly #options: TlsOptions
  readonly #events: TlsEvents
  readonly #limits: MqttLimits
  /** Sockets whose handshake is under way, by address and port of the peer, oldest first. */
  readonly #handshakes = new Map<string, Socket>()

  /** Throws an Error that names the file where a certificate cannot be used. */
  constructor(options: TlsOptions, limits: MqttLimits, events: TlsEvents) {
    this.port = options.port
    this.#options = options
    this.#limits = limits
    this.#events = events
    const needsCertificate = options.clientCaFile !== undefined
    this.server = createServer({
      ...readCertificate(options), minVersion: 'TLSv1.2', noDelay: true, handshakeTimeout: limits.connectDeadlineMs,
      requestCert: needsCertificate, rejectUnauthorized: needsCertificate,
    })
    this.#listen()
  }

  readonly cut = (): void => { for (const socket of this.#handshakes.values()) socket.destroy() }

  #listen(): void {
    const { server } = this, base: Server = server
    base.on('connection', (socket: Socket) => this.#begin(socket))
    server.on('secureConnection', socket => {
      this.#handshakes.delete(nameOf(socket))
      this.#events.accept(socket)
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
      this.server.setSecureContext({ ...readCertificate(this.#options), minVersion: 'TLSv1.2' })
      this.#events.reloaded()
    } catch (error) { this.#events.failed(error) }
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string { return `${remoteAddress} ${remotePort}` }
