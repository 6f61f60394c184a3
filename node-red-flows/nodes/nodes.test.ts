// Every node in a runtime that stands in for Node-RED's, against a gateway that stands in for Sluice.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envelope, FakeGateway, until } from '../lib/gateway.fake.ts'
import { FakeRed, type FakeNode } from '../lib/red.fake.ts'
import type { Red, RedConfig } from '../lib/red.ts'

const NODES = ['config', 'stream-in', 'device-in', 'pair', 'catalog-search', 'agree', 'consent-events', 'usage', 'simulator']
const STREAM = '0x1/room/a'
const FORBIDDEN = { status: 403, body: { code: 'FORBIDDEN', detail: 'Not with this key.' } }

interface Called { readonly method: string, readonly path: string, readonly body: any }

describe('the nodes', () => {
  let gateway: FakeGateway, red: FakeRed, userDir: string, calls: Called[], answers: Map<string, unknown>
  const make = (type: string, config: RedConfig = {}): FakeNode => red.make(type, { gateway: 'g', ...config })
  const say = (...numbers: number[]): void => gateway.publish(...numbers.map(n => envelope(STREAM, n)))
  const numbersOf = ({ sent }: FakeNode): number[] => sent.map(({ payload }: any) => payload.temperature.value)

  beforeEach(async () => {
    gateway = await new FakeGateway().start()
    userDir = mkdtempSync(join(tmpdir(), 'sluice-red-'))
    red = new FakeRed(userDir)
    calls = []
    answers = new Map()
    for (const name of NODES) (await import(`./${name}/${name}.ts`) as { default: (red: Red) => void }).default(red)
    red.make('sluice-config', { id: 'g', url: gateway.url }, { key: ' k1 ' })
    gateway.reply = ({ method = '', url = '' }, body) => {
      calls.push({ method, path: url, body: body === '' ? undefined : JSON.parse(body) })
      const answer = answers.get(`${method} ${url}`)
      return answer === undefined ? FORBIDDEN : { status: 200, body: answer }
    }
  })
  afterEach(async () => {
    await red.closeAll()
    await gateway.stop()
    rmSync(userDir, { recursive: true, force: true })
  })

  it('say what is missing, at once and for each message', async () => {
    for (const type of red.types.keys()) {
      if (type === 'sluice-config' || type === 'sluice-simulator') continue
      const node = red.make(type, { intervalS: 1, offer: 'o', purpose: 'p' })
      if (['sluice-device-in', 'sluice-consent-events'].includes(type)) assert.equal(node.errors[0]!.error.code, 'BAD_REQUEST')
      else assert.equal((await node.input({})).error?.code, 'BAD_REQUEST', type)
      assert.deepEqual([node.lastStatus?.fill, node.lastStatus?.shape], ['red', 'ring'], type)
    }
    const { errors } = red.make('sluice-stream-in', { gateway: red.make('sluice-config', { id: 'keyless', url: gateway.url }).id })
    assert.equal(errors[0]!.error.code, 'UNAUTHENTICATED')
  })

  describe('sluice-stream-in', () => {
    it('goes on after a restart behind the last message that it sent on', async () => {
      let node = make('sluice-stream-in', { id: 's', stream: STREAM })
      await until(() => node.lastStatus?.fill === 'green')
      say(1, 2)
      await until(() => node.sent.length === 2)
      await node.close()
      say(3)
      node = make('sluice-stream-in', { id: 's', stream: STREAM })
      await until(() => node.sent.length === 1)
      assert.deepEqual(numbersOf(node), [3])
    })

    it('loses nothing either where it was closed before the first message came', async () => {
      const node = make('sluice-stream-in', { id: 's', stream: STREAM })
      await until(() => node.lastStatus?.fill === 'green')
      await node.close()
      const again = make('sluice-stream-in', { id: 's', stream: STREAM })
      await until(() => again.lastStatus?.fill === 'green')
      assert.match(gateway.asked[1]!, /^\d{4}-\d\d-\d\dT/)
    })

    it('begins now or at the earliest message where it is told to, and keeps no position', async () => {
      say(1)
      const node = make('sluice-stream-in', { stream: STREAM, from: 'earliest' })
      const live = make('sluice-stream-in', { stream: STREAM, from: 'live' })
      await until(() => node.sent.length === 1 && live.lastStatus?.fill === 'green')
      await node.close()
      assert.deepEqual([gateway.asked.toSorted(), readdirSync(userDir)], [['', 'earliest'], []])
    })

    it('forgets its positions when it is removed', async () => {
      const node = make('sluice-stream-in', { stream: STREAM })
      await until(() => node.lastStatus?.fill === 'green')
      await node.close(false)
      assert.equal(readdirSync(join(userDir, 'sluice')).length, 1)
      await make('sluice-stream-in', { id: node.id }).close(true)
      assert.deepEqual(readdirSync(join(userDir, 'sluice')), [])
    })

    it('opens and closes streams as messages say, and tells what they say wrong', async () => {
      const node = make('sluice-stream-in', {})
      await until(() => node.lastStatus?.text === 'sluice-stream-in.common.status.noStream')
      assert.deepEqual(await node.input({ action: 'subscribe', topic: STREAM }), { sent: [], error: undefined })
      await until(() => node.lastStatus?.fill === 'green')
      say(1)
      await until(() => node.sent.length === 1)
      assert.equal((await node.input({ action: 'unsubscribe', stream: { id: STREAM }, topic: 'other' })).error, undefined)
      await until(() => gateway.sockets.size === 0)
      assert.equal(node.lastStatus?.fill, 'grey')
      const wrong = [{ topic: STREAM }, { action: 'open', topic: STREAM }, { action: 'subscribe' }, { action: 'subscribe', topic: 7 }]
      for (const message of wrong) {
        assert.equal((await node.input(message)).error?.code, 'BAD_REQUEST')
      }
    })

    it('takes its stream from the environment', async () => {
      red.environment.set('STREAM', `${STREAM}, 0x1/room/b`)
      make('sluice-stream-in', { stream: 'STREAM', streamType: 'env' })
      await until(() => gateway.sockets.size === 2)
    })

    it('shows and tells why the gateway has ended it', async () => {
      const node = make('sluice-stream-in', { stream: STREAM, stopOnEnd: true })
      await until(() => node.lastStatus?.fill === 'green')
      for (const socket of gateway.sockets) socket.close(4403, 'CONSENT_WITHDRAWN')
      await until(() => node.errors.length === 1)
      const [{ error, message }] = node.errors as [FakeNode['errors'][0]]
      assert.ok(error instanceof Error)
      assert.deepEqual([error.code, message?.topic], ['CONSENT_WITHDRAWN', STREAM])
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'CONSENT_WITHDRAWN' })
    })

    it('asks again at once when a message says so', async () => {
      gateway.refuses = { status: 403, code: 'NO_AGREEMENT' }
      const node = make('sluice-stream-in', { stream: STREAM, stopOnEnd: true })
      await until(() => node.lastStatus?.text === 'NO_AGREEMENT')
      gateway.refuses = undefined
      await node.input({ action: 'subscribe', topic: STREAM })
      await until(() => node.lastStatus?.fill === 'green')
      await node.input({ action: 'subscribe', topic: STREAM })
      assert.equal(gateway.asked.length, 2)
    })

    it('shows how fast messages come', async () => {
      const node = make('sluice-stream-in', { stream: STREAM })
      await until(() => node.lastStatus?.fill === 'green')
      say(...Array.from({ length: 3000 }, (_, n) => n))
      await until(() => /[1-9.k]+\/s$/.test(node.lastStatus?.text ?? ''))
      assert.equal(node.lastStatus?.shape, 'dot')
    })

    it('sends nothing and shows nothing when it is closed', async () => {
      const node = make('sluice-stream-in', { stream: STREAM })
      await until(() => node.lastStatus?.fill === 'green')
      const shown = node.statuses.length
      await node.close()
      say(1)
      await until(() => gateway.sockets.size === 0)
      assert.deepEqual([node.sent, node.statuses.length], [[], shown])
    })
  })

  describe('sluice-device-in', () => {
    const devices = [
      { deviceId: 'd1', device: 'kitchen', streams: [STREAM, '0x1/room/b'] }, { deviceId: 'd2', device: 'hall', streams: ['0x1/room/c'] },
    ]

    it('opens every stream of one device, or of all', async () => {
      answers.set('GET /v1/devices', devices)
      make('sluice-device-in', {})
      await until(() => gateway.sockets.size === 3)
      const one = make('sluice-device-in', { device: 'd1', output: 'keyValues' })
      await until(() => gateway.sockets.size === 5)
      say(4)
      await until(() => one.sent.length === 1)
      assert.equal((one.sent[0]!.payload as { temperature: number }).temperature, 4)
    })

    it('says that only an owner has devices', async () => {
      const node = make('sluice-device-in', {})
      await until(() => node.errors.length === 1)
      assert.deepEqual([node.errors[0]!.error.code, node.lastStatus?.text], ['FORBIDDEN', 'FORBIDDEN'])
    })
  })

  describe('sluice-pair', () => {
    const credentials = { sourceId: 'src_1', username: 'src_1', password: 'p', mqtt: 'mqtt://127.0.0.1:1883' }

    it('pairs as its settings say, and as the message says where it says more', async () => {
      answers.set('POST /v1/sources', credentials)
      const node = make('sluice-pair', { dialect: 'tasmota', sourceName: 'plug', placement: '', location: '4.35,50.85' })
      const { sent, error } = await node.input({ _msgid: 'm', payload: 1, kept: true })
      assert.deepEqual([sent, error], [[{ _msgid: 'm', payload: credentials, kept: true }], undefined])
      await node.input({ payload: { name: 'other', placement: 'outdoor', location: [1, 2], timezone: 'Europe/Brussels' } })
      assert.deepEqual(calls.map(({ body }) => body), [
        { dialect: 'tasmota', name: 'plug', location: [4.35, 50.85] },
        { dialect: 'tasmota', name: 'other', placement: 'outdoor', location: [1, 2], timezone: 'Europe/Brussels' },
      ])
    })

    it('hands the gateway’s refusal to the Catch nodes', async () => {
      const node = make('sluice-pair', {}), { sent, error } = await node.input({})
      assert.deepEqual([sent, error?.code, error?.message, node.lastStatus?.fill], [[], 'FORBIDDEN', 'Not with this key.', 'red'])
    })

    it('asks nothing where it is told nonsense', async () => {
      const node = make('sluice-pair', {})
      for (const payload of [{ location: 'here' }, { name: {} }]) assert.equal((await node.input({ payload })).error?.code, 'BAD_REQUEST')
      assert.deepEqual(calls, [])
    })
  })

  it('sluice-catalog-search gives the streams that fit', async () => {
    const stream = { streamId: STREAM, type: 'Room', attributes: ['temperature'], offers: [] }
    answers.set('GET /v1/streams', [stream, { ...stream, streamId: 'b', type: 'Hall' }])
    const node = make('sluice-catalog-search', { entityType: 'room' })
    assert.deepEqual((await node.input({ payload: '' })).sent[0]?.payload, [stream])
    assert.deepEqual((await node.input({ payload: { type: 'Cellar' } })).sent[0]?.payload, [])
    assert.equal((await node.input({ payload: { priceMax: 'cheap' } })).error?.code, 'BAD_REQUEST')
  })

  it('sluice-agree gives the agreement, ready to be subscribed to', async () => {
    const agreement = { agreementId: 'agr_1', offerId: 'o1', streamId: STREAM, state: 'waiting' }
    answers.set('POST /v1/agreements', { agreementId: 'agr_1', state: 'waiting' })
    answers.set('GET /v1/agreements', [{ agreementId: 'agr_0' }, agreement])
    const node = make('sluice-agree', { offer: '', purpose: 'dpv:PublicBenefit', budget: '5' })
    const { sent } = await node.input({ payload: { offerId: 'o1' } })
    assert.deepEqual(sent, [{ payload: agreement, topic: STREAM }])
    assert.deepEqual(calls[0]?.body, { offerId: 'o1', purpose: 'dpv:PublicBenefit', budget: '5' })
    assert.equal((await make('sluice-agree', { purpose: 'dpv:PublicBenefit' }).input({})).error?.code, 'BAD_REQUEST')
  })

  it('sluice-usage tells when it is asked, and by the clock', async () => {
    answers.set('GET /v1/usage', { agreements: [{ agreementId: 'agr_1', messages: 10, amount: '0.010000' }] })
    const node = make('sluice-usage', {}), { sent } = await node.input({ topic: 'mine' })
    assert.deepEqual(sent, [{ topic: 'mine', payload: [{ agreementId: 'agr_1', messages: 10, amount: '0.010000' }] }])
    assert.equal(node.sent.length, 0)
    const clock = make('sluice-usage', { intervalS: '0.01' })
    await until(() => clock.sent.length >= 2)
  })

  describe('sluice-consent-events', () => {
    it('tells an owner of consents', async () => {
      const consent = { consentId: 'grant_1', streamId: STREAM, state: 'given', grantedAt: '2026-05-04T10:00:00Z' }
      answers.set('GET /v1/consents', [consent])
      const node = make('sluice-consent-events', { intervalS: 0 })
      await until(() => node.lastStatus?.fill === 'green')
      answers.set('GET /v1/consents', [{ ...consent, state: 'withdrawn', withdrawnAt: '2026-05-04T11:00:00Z' }])
      await until(() => node.sent.length === 1)
      const change = { event: 'consent-withdrawn', streamId: STREAM, consentId: 'grant_1', state: 'withdrawn', before: 'given' }
      assert.deepEqual(node.sent, [{ topic: STREAM, payload: { ...change, at: '2026-05-04T11:00:00Z' } }])
    })

    it('tells a subscriber of agreements', async () => {
      answers.set('GET /v1/agreements', [])
      const node = make('sluice-consent-events', { intervalS: 0 })
      await until(() => node.lastStatus?.fill === 'green')
      answers.set('GET /v1/agreements', [{ agreementId: 'agr_1', streamId: STREAM, state: 'waiting' }])
      await until(() => node.sent.length === 1)
      const { payload } = node.sent[0] as { payload: { event: string, agreementId: string } }
      assert.deepEqual([payload.event, payload.agreementId], ['agreement-waiting', 'agr_1'])
    })

    it('tells once that the gateway is gone, and goes on when it is back', async () => {
      answers.set('GET /v1/consents', [])
      const node = make('sluice-consent-events', { intervalS: 0 })
      await until(() => node.lastStatus?.fill === 'green')
      await gateway.stop()
      await until(() => node.errors.length > 0)
      await new Promise(done => setTimeout(done, 600)) // another time or two
      assert.deepEqual(node.errors.map(({ error }) => error.code), ['UNAVAILABLE'])
      await gateway.start()
      await until(() => node.lastStatus?.fill === 'green')
    })
  })
})
