// Certificates that are credentials: whoever proves to have the key of one is the source that its owner registered it for.
import type { DatabaseSync } from 'node:sqlite'
import { readDeviceCertificate, type DeviceCertificate } from '#gateway/devices/device-certificate.ts'
import type { Source, Sources } from '#gateway/devices/sources.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'

/** The one in use, the next one, and those of a few devices that share a source. */
export const CERTIFICATES_PER_SOURCE_MAX = 8

export interface Certificate extends DeviceCertificate {
  readonly sourceId: string
  readonly addedAt: number
}

/** All in memory, each change on disk before it is answered. Nothing is kept by which somebody could pretend to have one. */
export class Certificates {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #sources: Sources
  readonly #byFingerprint = new Map<string, Certificate>()
  /** In the order in which they were added. */
  readonly #bySource = new Map<string, readonly Certificate[]>()
  /** Told when a certificate is no credential any more: connections that came by it are to be cut. */
  onCut: (certificate: Certificate) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock, sources: Sources) {
    this.#database = database
    this.#clock = clock
    this.#sources = sources
    const rows = database.prepare('SELECT * FROM source_certificates ORDER BY rowid').all() as unknown as Row[]
    for (const row of rows) if (sources.get(row.source_id)) this.#index(fromRow(row))
  }

  /** Registers one, for one source only. Throws NOT_FOUND, BAD_REQUEST (see `readDeviceCertificate`), CONFLICT or LIMIT_REACHED. */
  add(ownerId: string, sourceId: string, pem: string): Certificate {
    this.#own(ownerId, sourceId)
    const addedAt = this.#clock.now(), certificate: Certificate = { ...readDeviceCertificate(pem, addedAt), sourceId, addedAt }
    this.#checkFree(ownerId, certificate)
    this.#checkRoom(sourceId)
    const { fingerprint, subject, from, until } = certificate
    // In the place of one that a source left behind that was removed.
    const insert = this.#database.prepare('INSERT OR REPLACE INTO source_certificates VALUES (?, ?, ?, ?, ?, ?)')
    insert.run(fingerprint, sourceId, subject, from, until, addedAt)
    this.#index(certificate)
    return certificate
  }

  /** Whoever is connected by it is cut. Throws NOT_FOUND. */
  remove(ownerId: string, sourceId: string, fingerprint: string): void {
    this.#own(ownerId, sourceId)
    const certificate = this.#byFingerprint.get(fingerprint)
    if (certificate?.sourceId !== sourceId) throw notFound('certificate of this source')
    this.#database.prepare('DELETE FROM source_certificates WHERE fingerprint = ?').run(fingerprint)
    this.#byFingerprint.delete(fingerprint)
    this.#bySource.set(sourceId, this.list(sourceId).filter(other => other !== certificate))
    this.onCut(certificate)
  }

  /** As its owner sees them. Throws NOT_FOUND. */
  listOf(ownerId: string, sourceId: string): readonly Certificate[] {
    this.#own(ownerId, sourceId)
    return this.list(sourceId)
  }

  list(sourceId: string): readonly Certificate[] { return this.#bySource.get(sourceId) ?? [] }

  /** Whose certificate this is, where it is good now and its source may connect; and when that ends. */
  find(fingerprint: string): { readonly source: Source, readonly until: number } | undefined {
    const certificate = this.#byFingerprint.get(fingerprint), now = this.#clock.now()
    const source = certificate && this.#sources.get(certificate.sourceId)
    if (source?.state !== 'active' || now < certificate!.from || now > certificate!.until) return undefined
    return { source, until: certificate!.until }
  }

  /** To be called when a source was removed: its certificates are free for another. */
  forget(sourceId: string): void {
    this.#database.prepare('DELETE FROM source_certificates WHERE source_id = ?').run(sourceId)
    for (const { fingerprint } of this.list(sourceId)) this.#byFingerprint.delete(fingerprint)
    this.#bySource.delete(sourceId)
  }

  #checkRoom(sourceId: string): void {
    if (this.list(sourceId).length < CERTIFICATES_PER_SOURCE_MAX) return
    throw new GatewayError('LIMIT_REACHED', `This source has ${CERTIFICATES_PER_SOURCE_MAX} certificates: remove one that is over first.`)
  }

  /** Who else has it is nobody's business but theirs. */
  #checkFree(ownerId: string, { fingerprint, sourceId }: Certificate): void {
    const holder = this.#byFingerprint.get(fingerprint)?.sourceId
    if (holder === undefined) return
    if (holder === sourceId) throw new GatewayError('CONFLICT', 'This certificate is registered for this source already.')
    const isOwn = this.#sources.get(holder)?.ownerId === ownerId
    const advice = isOwn ? `for ${holder}: remove it there first` : 'elsewhere: make a key and a certificate of this source’s own'
    throw new GatewayError('CONFLICT', `This certificate is registered already, ${advice}.`)
  }

  #own(ownerId: string, sourceId: string): void {
    if (this.#sources.get(sourceId)?.ownerId !== ownerId) throw notFound('source')
  }

  #index(certificate: Certificate): void {
    this.#byFingerprint.set(certificate.fingerprint, certificate)
    this.#bySource.set(certificate.sourceId, [...this.list(certificate.sourceId), certificate])
  }
}

interface Row { fingerprint: string, source_id: string, subject: string, valid_from: number, valid_until: number, added_at: number }

function fromRow({ fingerprint, source_id, subject, valid_from, valid_until, added_at }: Row): Certificate {
  return { fingerprint, sourceId: source_id, subject, from: valid_from, until: valid_until, addedAt: added_at }
}
