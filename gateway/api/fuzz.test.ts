import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Role } from '#gateway/parties/parties.ts'
import { document } from '#gateway/api/document.ts'
import { call, OPERATIONS } from '#test/support/documented.ts'
import { Running } from '#test/support/running.ts'

const RUNS = 40

const schemas = document.components.schemas as unknown as Readonly<Record<string, { properties?: object, examples?: readonly object[] }>>
/** Words that once broke somebody's parser, and words that nearly fit. */
const words = fc.oneof(
  fc.constantFrom('', ' ', 'all', 'any', '0', '-1', '1e400', 'NaN', '0.0000001', '9'.repeat(20), '../..', "' OR 1=1 --", '\u0000', '\ud800', '𝒳'.repeat(40), '__proto__', 'constructor', 'toString', 'P1M', 'P0D', 'PT999H', '2027-01-01T00:00:00Z', '9999-12-31T23:59:60Z', '0000-00-00T00:00:00Z', 'dpv:PublicBenefit', 'urn:x:y', 'http://[', 'temperature', 'Europe/Madrid', '+01:00', 'a'.repeat(70_000)),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const values = fc.oneof({ maxDepth: 3 }, words, fc.constantFrom<unknown>(null, true, 0, -0, 1e308, -1, 2 ** 53, [], {}, [[]], [null], [0, 0], [200, 0], ['temperature'], ['temperature', 'temperature'], ['dpv:PublicBenefit']), fc.jsonValue({ maxDepth: 3 }))

/** Valid bodies with some fields changed, some taken away, some added; and anything at all. */
function bodiesOf(name: string, known: Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> {
  const { properties = {}, examples = [] } = schemas[name]!, fields = Object.keys(properties)
  const changed = fc.dictionary(fc.constantFrom(...fields, 'unknown'), values, { maxKeys: 3 }).map(changes => ({ ...examples[0], ...pick(known, fields), ...changes }))
  const single = fc.tuple(fc.constantFrom(...fields), values).map(([field, value]) => ({ ...examples[0], ...pick(known, fields), [field]: value }))
  const lacking = fc.subarray(fields).map(kept => pick({ ...examples[0], ...known }, kept))
  return fc.oneof(changed, single, lacking, fc.jsonValue({ maxDepth: 4 }))
}

const pick = (from: Readonly<Record<string, unknown>>, fields: readonly string[]) => Object.fromEntries(fields.filter(field => field in from).map(field => [field, from[field]]))

describe('Whatever is sent to the API', () => {
  let running: Running, keys: Readonly<Record<Role, string>>, ids: Readonly<Record<string, string>>
  before(async () => {
    running = await Running.start()
    const [owner, subscriber] = await Promise.all([running.party('owner'), running.party('subscriber')])
    const source = await running.pair(owner), device = await running.device(source)
    await device.publishAsync('zigbee2mqtt/k', '{"temperature":20}', { qos: 1 })
    const [stream] = await running.streamsOf(owner), [seen] = await running.ok(owner.key, 'GET', '/v1/devices')
    const deal = await running.deal(owner, subscriber, stream!.streamId)
    ids = { sourceId: source.sourceId, deviceId: seen.deviceId, streamId: stream!.streamId, recipient: subscriber.partyId, ...deal }
    keys = { owner: owner.key, subscriber: subscriber.key, operator: running.operatorKey }
  })
  after(() => running.stop())

  /** Keys are left as they are, and the log of this gateway silent. */
  const isLeftAlone = (id: string) => ['Key', 'Keys', 'LogLevel'].some(end => id.endsWith(end))
  for (const { id, roles, body, path, method } of OPERATIONS.filter(operation => operation.body && !isLeftAlone(operation.id))) {
    it(`as the body of ${id} is done or refused, and breaks nothing`, async function () {
      this.timeout(60_000)
      const { $ref } = (document.paths as any)[path][method.toLowerCase()].requestBody.content['application/json'].schema, name = $ref.slice($ref.lastIndexOf('/') + 1)
      assert.ok(body)
      await fc.assert(fc.asyncProperty(bodiesOf(name, ids), async sent => {
        const answer = await call(running.http, keys[roles![0]!], id, { values: ids, body: sent }) // which holds the answer against the document
        assert.ok(answer.status < 500, `${JSON.stringify(sent)} → ${answer.status} ${JSON.stringify(answer.body)}`)
        if (answer.status >= 400) assert.ok(answer.body.code !== 'INTERNAL' && answer.body.detail.length > 10)
      }), { numRuns: RUNS })
    })
  }

  it('as a parameter is done or refused, and breaks nothing', async function () {
    this.timeout(60_000)
    const asking = OPERATIONS.filter(({ parameters, method, isUpgrade, id }) => parameters.length > 0 && (method === 'GET' || method === 'POST') && !isUpgrade && !id.startsWith('rotate'))
    await fc.assert(fc.asyncProperty(fc.constantFrom(...asking), words, words, async ({ id, roles, parameters }, inPath, inQuery) => {
      if (inPath.length > 1_000 || inQuery.length > 1_000 || !inPath.isWellFormed() || !inQuery.isWellFormed()) return
      const query = new URLSearchParams(parameters.filter(parameter => parameter.in === 'query').map(({ name }): [string, string] => [name, inQuery])).toString()
      const values = Object.fromEntries(parameters.filter(parameter => parameter.in === 'path').map(({ name }) => [name, inPath === '' ? ' ' : inPath]))
      if (['.', '..'].includes(inPath)) return // a client resolves them
      const { status, body } = await call(running.http, keys[roles?.[0] ?? 'owner'], id, { values, query: query && `?${query}` })
      assert.ok(status < 500, `${id} ${inPath} ${inQuery} → ${status} ${JSON.stringify(body)}`)
    }), { numRuns: 3 * RUNS })
  })

  it('leaves the gateway at work, and the books in order', async () => {
    assert.equal((await call(running.http, undefined, 'ready')).status, 200)
    for (const sum of Object.values((await call(running.http, keys.operator, 'ledger')).body.sum)) assert.equal(sum, '0.000000')
    assert.equal((await call(running.http, keys.owner, 'listConsents')).status, 200)
  })
})
