import assert from 'node:assert/strict'
import { Running, type PartyKey } from '#test/support/running.ts'

const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

describe('Money', () => {
  let running: Running, owner: PartyKey
  before(async () => {
    running = await Running.start({ platformPercent: 15 })
    owner = await running.party('owner')
  })
  after(() => running.stop())

  /** A device of its own, its stream, a subscriber, and a way to send. */
  async function scene(terms: Record<string, unknown>) {
    const city = await running.party('subscriber'), source = await running.pair(owner), device = await running.device(source)
    const send = async (...values: number[]) => { for (const value of values) await device.publishAsync('zigbee2mqtt/k', climate(value), { qos: 1 }) }
    await send(1)
    const stream = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
    const deal = await running.deal(owner, city, stream.streamId, terms)
    const usage = async () => (await running.ok(city.key, 'GET', '/v1/usage')).agreements.find(({ agreementId }: any) => agreementId === deal.agreementId)
    const balances = async () => new Map<string, string>((await running.ok(running.operatorKey, 'GET', '/v1/ledger')).balances.map(({ account, amount }: any) => [account, amount]))
    return { city, stream, deal, send, usage, balances, watch: (query?: string) => running.subscribe(city, stream.streamId, query) }
  }

  afterEach(async () => {
    for (const sum of Object.values((await running.ok(running.operatorKey, 'GET', '/v1/ledger')).sum)) assert.equal(sum, '0.000000')
  })

  it('is refused as a text that is no amount, and a price without a budget', async () => {
    const { city, stream, deal } = await scene({})
    for (const price of ['-1', '0.0000001', '1e3', '', 'free', '1,5']) assert.equal((await running.call(owner.key, 'POST', '/v1/offers', { streamId: stream.streamId, price, unit: 'message', currency: 'EUR', attributes: ['temperature'] })).status, 400, price)
    const { offerId } = await running.ok(owner.key, 'POST', '/v1/offers', { streamId: stream.streamId, price: '1', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    assert.equal((await running.call(city.key, 'POST', '/v1/agreements', { offerId, purpose: 'dpv:PublicBenefit' })).status, 400)
    assert.equal(deal.state, 'active')
  })

  it('buys exactly what the budget covers, then suspends, and gives back the rest', async () => {
    const { city, deal, send, usage, balances, watch } = await scene({ price: '0.4', budget: '1' })
    const watcher = watch()
    await watcher.opened
    await send(2, 3, 4, 5)
    assert.deepEqual(await watcher.end(), { code: 4403, reason: 'SUSPENDED' })
    assert.deepEqual([watcher.got.length, (await usage()).amount], [2, '0.800000'])
    const again = watch()
    assert.equal(await again.opened, false)
    assert.deepEqual([again.refusal?.status, again.refusal?.problem.code], [402, 'SUSPENDED'])
    await running.ok(city.key, 'POST', `/v1/agreements/${deal.agreementId}/end`)
    const books = await balances()
    assert.deepEqual([books.get(`external:${city.partyId}`), books.get(`reserved:${deal.agreementId}`)], ['-0.800000', '0.000000'])
  })

  it('splits each usage record: the platform rounded down, the owner the rest', async () => {
    const { send, usage, balances, watch } = await scene({ price: '0.000001', budget: '1' })
    const before = await balances(), watcher = watch()
    await watcher.opened
    await send(2, 3, 4, 5, 6, 7, 8)
    await watcher.count(7)
    assert.equal((await usage()).amount, '0.000007')
    const after = await balances(), micro = (text = '0') => Math.round(Number(text) * 1e6)
    const gained = (account: string) => micro(after.get(account)) - micro(before.get(account))
    assert.equal(gained(`owner:${owner.partyId}`) + gained('platform'), 7)
    assert.ok(gained('platform') <= 1)
    watcher.close()
  })

  it('counts kilobytes of content, rounded up once a record', async () => {
    const { send, usage, watch } = await scene({ price: '1', unit: 'kB', budget: '100' })
    const watcher = watch('')
    await watcher.opened
    const sizes: number[] = []
    watcher.socket.on('message', (data: Buffer) => sizes.push(data.length))
    await send(2, 3, 4)
    await watcher.count(3)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    const { amount, messages } = await usage()
    assert.equal(messages, 3)
    assert.ok(Math.abs(Number(amount) - bytes / 1000) <= 0.000003, `${amount} for ${bytes} bytes`)
    watcher.close()
  })

  it('counts begun seconds while connected, whatever comes', async () => {
    const { usage, watch } = await scene({ price: '0.5', unit: 'second', budget: '1.2' })
    const watcher = watch()
    await watcher.opened
    assert.equal((await usage()).amount, '0.500000')
    assert.deepEqual(await watcher.end(), { code: 4403, reason: 'SUSPENDED' })
    assert.equal((await usage()).amount, '1.000000')
  })

  it('takes a period at its start, and no more within it', async () => {
    const { send, usage, watch } = await scene({ price: '3', unit: 'period', period: 'P1M', budget: '5' })
    for (let n = 0; n < 2; n++) {
      const watcher = watch()
      await watcher.opened
      await send(2, 3)
      await watcher.count(2)
      watcher.close()
    }
    assert.deepEqual([(await usage()).amount, (await usage()).messages], ['3.000000', 4])
  })

  it('is not asked twice for a message that two connections get', async () => {
    const { send, usage, watch } = await scene({ price: '0.1', budget: '1' })
    const [one, two] = [watch(), watch()]
    await Promise.all([one.opened, two.opened])
    await send(2, 3)
    await Promise.all([one.count(2), two.count(2)])
    assert.equal((await usage()).messages, 2)
    one.close()
    two.close()
  })
})
