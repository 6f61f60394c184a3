// Portability (GDPR Art. 20, Data Act Art. 4): an owner's readings and consents as an archive that any machine reads, in JSON-LD and CSV, signed.
// It is made as it is taken, a piece at a time.
import { createHash } from 'node:crypto'
import { END, headerOf, paddingOf } from '#gateway/backup/tar.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import { isPermission, stateOf, type Grant } from '#gateway/consent/grant.ts'
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { signStatement } from '#gateway/proof/statement.ts'
import { messageIdOf } from '#gateway/publish/message.ts'
import { CSV_HEAD, csvLines } from '#gateway/rights/csv.ts'
import { unpack } from '#semantic-models/packed.ts'

/** Of text in one file of readings, about: so much is held in memory. */
export const PART_BYTES = 1 << 20
export const EXPORT_MANIFEST = 'manifest.json'

export interface ExportOptions {
  readonly streams: Streams
  readonly consents: Consents
  readonly journal: Journal
  readonly signingKey: SigningKey
  readonly ownerId: string
  readonly now: number
}

export interface ExportedFile { readonly name: string, readonly bytes: number, readonly sha256: string }

/** A tar archive (ustar). Its last file, without which it is not whole, is a signed statement that names all others by their hashes. */
export async function* exportOf({ streams, consents, journal, signingKey, ownerId, now }: ExportOptions): AsyncGenerator<Buffer, void> {
  const files: ExportedFile[] = [], modifiedAt = Math.floor(now / 1_000), createdAt = new Date(now).toISOString()
  const file = (name: string, text: string): Buffer => {
    const content = Buffer.from(text)
    files.push({ name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') })
    return Buffer.concat([headerOf({ name, bytes: content.length, modifiedAt }), content, paddingOf(content.length)])
  }
  const own = [...streams.ofOwner(ownerId)]
  yield file('consents.jsonld', consentsText(consents.list(ownerId), now))
  yield file('streams.json', `${JSON.stringify(own.map((stream, n) => ({ folder: folderOf(n), streamId: stream.id, type: stream.model.type, attributes: streams.attributesOf(stream) })), null, 1)}\n`)
  for (const [n, stream] of own.entries()) {
    let part = 0
    for await (const { jsonld, csv } of partsOf(journal, stream)) {
      const name = `readings/${folderOf(n)}/${String(++part).padStart(6, '0')}`
      yield file(`${name}.jsonld`, jsonld)
      yield file(`${name}.csv`, csv)
    }
  }
  const manifest = Buffer.from(`${signStatement(signingKey, { type: 'PortabilityExport', owner: ownerId, createdAt, files })}\n`)
  yield Buffer.concat([headerOf({ name: EXPORT_MANIFEST, bytes: manifest.length, modifiedAt }), manifest, paddingOf(manifest.length), END])
}

function folderOf(n: number): string { return String(n + 1).padStart(5, '0') }

/** What the journal keeps of a stream: entities as they were granted, in pieces. */
async function* partsOf(journal: Journal, stream: Stream): AsyncGenerator<{ readonly jsonld: string, readonly csv: string }, void> {
  let entities: string[] = [], lines: string[] = [], bytes = 0
  const part = () => ({ jsonld: `[${entities.join(',\n')}]\n`, csv: CSV_HEAD + lines.join('') })
  for (let records = await journal.read(stream.number, 0); records.length > 0; records = await journal.read(stream.number, records.at(-1)!.position)) {
    for (const record of records) {
      const text = textOf(record)
      entities.push(text)
      lines.push(csvLines(text, messageIdOf({ ...record, stream, content: unpack(record.content) }), record.timestamp))
      bytes += text.length
      if (bytes < PART_BYTES) continue
      yield part()
      entities = []
      lines = []
      bytes = 0
    }
  }
  if (entities.length > 0) yield part()
}

function textOf({ content }: JournalRecord): string {
  const packed = unpack(content)
  return packed.text(packed.mask)
}

const DPV = 'https://w3id.org/dpv#'
const CONTEXT = {
  dpv: DPV, odrl: 'http://www.w3.org/ns/odrl/2/', xsd: 'http://www.w3.org/2001/XMLSchema#', id: '@id', type: '@type', purpose: { '@id': `${DPV}hasPurpose`, '@type': '@id' }, recipient: { '@id': `${DPV}hasRecipient`, '@type': '@id' },
  data: `${DPV}hasPersonalData`, exactness: 'urn:sluice:odrl:consent:1:exactness', duration: `${DPV}hasStorageCondition`, state: `${DPV}hasConsentStatus`, stream: { '@id': `${DPV}hasDataSource`, '@type': '@id' },
  givenAt: { '@id': 'http://purl.org/dc/terms/issued', '@type': 'xsd:dateTime' }, withdrawnAt: { '@id': 'http://purl.org/dc/terms/valid', '@type': 'xsd:dateTime' },
}

function consentsText(grants: readonly Grant[], now: number): string {
  const graph = grants.map(grant => ({
    id: `urn:sluice:consent:${grant.id}`, type: isPermission(grant) ? 'dpv:ConsentRecord' : 'odrl:Prohibition', state: stateOf(grant, now), stream: `urn:sluice:stream:${grant.streamId}`, recipient: `urn:sluice:party:${grant.recipient}`,
    purpose: grant.purposes.map(purposeIri), data: grant.attributes, exactness: grant.transforms, duration: grant.keep, givenAt: new Date(grant.grantedAt).toISOString(),
    withdrawnAt: grant.withdrawnAt === undefined ? undefined : new Date(grant.withdrawnAt).toISOString(),
  }))
  return `${JSON.stringify({ '@context': CONTEXT, '@graph': graph }, null, 1)}\n`
}
