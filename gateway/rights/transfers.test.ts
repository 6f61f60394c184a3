import assert from 'node:assert/strict'
import { transfersOf } from '#gateway/rights/transfers.ts'
import { Rooms } from '#test/support/rooms.ts'

describe('Who got what', () => {
  let rooms: Rooms
  beforeEach(async () => { rooms = await Rooms.open() })
  afterEach(() => rooms.close())
  const transfers = () => {
    rooms.meter.seal()
    return transfersOf(rooms, { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 10 }).map(({ messages, consentIds, consentsBy }) => [messages, consentIds, consentsBy])
  }

  it('is told with the consents by which it went, also where others would have done as well', async () => {
    const { source, stream } = await rooms.scene(), city = rooms.party('subscriber'), first = rooms.grant(stream), second = rooms.grant(stream, { recipient: city.id })
    const agreement = rooms.agree(stream, city), reader = rooms.watch(city, stream)
    const send = async (count: number) => { await rooms.send(source, Array.from({ length: count }, (_, n) => 20 + n)); await rooms.settled(); reader.read() }
    await send(3)
    const by = reader.got[0]!.consentId!
    assert.ok([first, second].includes(by))
    assert.deepEqual(transfers(), [[3, [by], 'log']])
    rooms.consents.withdraw(stream.ownerId, by)
    const again = rooms.watch(city, stream)
    await rooms.send(source, [25])
    await rooms.settled()
    again.read()
    const other = by === first ? second : first
    assert.deepEqual(transfers(), [[3, [by], 'log'], [1, [other], 'log']])
    rooms.clock.turn(1_000)
    rooms.meter.charge(rooms.meter.accountOf(agreement.id), 99, 10) // as a usage log of before tells it
    assert.deepEqual(transfers().at(-1), [1, [first, second], 'terms'])
  })

  it('is told of a kill that left positions alone', async () => {
    const { source, stream } = await rooms.scene(), city = rooms.party('subscriber'), consentId = rooms.grant(stream)
    rooms.agree(stream, city)
    const reader = rooms.watch(city, stream)
    await rooms.send(source, [20, 21])
    await rooms.settled()
    reader.read()
    rooms.meter.commit()
    rooms = await rooms.reopen('kill')
    assert.deepEqual(transfers(), [[2, [consentId], 'log']])
  })

  it('is found by an index', () => {
    const plan = rooms.database.prepare("EXPLAIN QUERY PLAN SELECT number FROM transparency_payloads WHERE json_extract(payload, '$.record') = ?").all(1)
    assert.match(String(plan[0]!['detail']), /INDEX transparency_usage/)
  })
})
