import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { readTar } from '#gateway/backup/tar-reader.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { csvLines } from '#gateway/rights/csv.ts'
import { verifyExport } from '#gateway/rights/export-verifier.ts'
import { exportOf, PART_BYTES } from '#gateway/rights/portability.ts'
import { Rooms } from '#test/support/rooms.ts'

/** What one entity may take beyond the limit of a part. */
const SLACK_BYTES = 4_096

describe('An export', () => {
  it('comes in files of bounded size, each reading once and in order, and is proven whole', async () => {
    const rooms = await Rooms.open(), { owner, source, stream } = await rooms.scene(), count = 3_000, signingKey = SigningKey.open(rooms.directory)
    rooms.grant(stream)
    rooms.grant(stream, { attributes: ['location'], transforms: ['location=h3:7'] })
    rooms.agree(stream, rooms.party('subscriber'))
    for (let n = 0; n < count; n += 500) await rooms.send(source, Array.from({ length: 500 }, (_, each) => n + each + 0.5))
    await rooms.settled()
    const chunks = await Array.fromAsync(exportOf({ streams: rooms.streams, consents: rooms.consents, journal: rooms.journal, signingKey, ownerId: owner.id, now: rooms.clock.now() }))
    assert.ok(Math.max(...chunks.map(({ length }) => length)) < 2 * PART_BYTES + SLACK_BYTES)
    const found: number[] = [], sizes: number[] = []
    let lines = 0
    for await (const { name, bytes, content } of readTar(Readable.from(chunks))) {
      const text = Buffer.concat(await Array.fromAsync(content)).toString()
      if (name.endsWith('.jsonld') && name.startsWith('readings/')) {
        found.push(...(JSON.parse(text) as { temperature: { value: number } }[]).map(({ temperature }) => temperature.value))
        sizes.push(bytes)
      }
      if (name === 'consents.jsonld') assert.deepEqual((JSON.parse(text)['@graph'] as { exactness?: string[] }[]).map(({ exactness }) => exactness), [undefined, ['location=h3:7']])
      if (name.endsWith('.csv')) lines += text.split('\r\n').filter(line => line.includes(',temperature,')).length
    }
    assert.deepEqual(found, Array.from({ length: count }, (_, n) => n + 0.5))
    assert.equal(lines, count)
    assert.ok(sizes.length > 1 && sizes.every(size => size < PART_BYTES + SLACK_BYTES + count), String(sizes))
    const jwks = parsePublicKeys(JSON.stringify({ keys: [signingKey.jwk] }))
    assert.equal((await verifyExport(Readable.from(chunks), jwks)).owner, owner.id)
    await rooms.close()
  })

  it('has cells that are cells: quoted where they have to be, and no formula for a spreadsheet', () => {
    const entity = (value: string) => JSON.stringify({ id: 'urn:x', type: 'T', note: { type: 'Property', value, observedAt: 't' } })
    for (const [value, cell] of [['a,b', '"a,b"'], ['say "x"', '"say ""x"""'], ['=1+1', "'=1+1"], ['plain', 'plain']] as const) {
      assert.equal(csvLines(entity(value), 'id', 0), `id,1970-01-01T00:00:00.000Z,urn:x,T,t,note,${cell},\r\n`)
    }
    const number = JSON.stringify({ id: 'urn:x', type: 'T', t: { type: 'Property', value: -3.5, unitCode: 'CEL' } })
    assert.equal(csvLines(number, 'id', 0), 'id,1970-01-01T00:00:00.000Z,urn:x,T,,t,-3.5,CEL\r\n')
  })
})
