// What was learned is let go at once when the kernel forgets it: nothing is written any more to where it was.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { ANSWER, Kernel } from '#gateway/kernel/kernel.ts'
import { Decoder } from '#gateway/pipeline/decode.ts'
import { Lanes } from '#gateway/pipeline/lanes.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Rooms } from '#test/support/rooms.ts'
import { timeText } from '#semantic-models/text.ts'

const TOPIC = 'zigbee2mqtt/kitchen', PAYLOAD = Buffer.from('{"temperature":1,"humidity":44.4}'), MESSAGES_MAX = 3
const BYTES = Buffer.concat([Buffer.from(TOPIC), PAYLOAD]), ROW = [0, TOPIC.length, TOPIC.length, PAYLOAD.length]

describe('Lanes', () => {
  let rooms: Rooms, owner: Party, source: Source, stream: Stream, kernel: Kernel, lanes: Lanes
  beforeEach(async () => {
    rooms = await Rooms.open()
    ;({ owner, source, stream } = await rooms.scene())
    rooms.grant(stream)
    kernel = new Kernel({ messagesMax: MESSAGES_MAX })
    const { devices, streams, plans, network } = rooms
    lanes = new Lanes({ kernel, roads: rooms.tally.roads, devices, streams, plans, decoder: new Decoder(devices), channelOf: each => network.channelOf(each) })
    lanes.learn(source, TOPIC, PAYLOAD)
  })
  afterEach(() => rooms.close())

  const answer = () => {
    const now = rooms.clock.now()
    kernel.load(lanes.numberOf(source.id), BYTES, ROW, 0, 1, now, timeText(now))
    return kernel.run(0).answers[5]
  }
  const memory = () => createHash('sha256').update(kernel.bytes).digest('hex')
  const withdraw = () => { for (const { id } of rooms.consents.list(owner.id)) rooms.consents.withdraw(owner.id, id) }

  it('are learned anew when the kernel begins anew, as it does behind so many messages', () => {
    const answers = Array.from({ length: MESSAGES_MAX + 1 }, answer)
    assert.deepEqual(answers, [...Array<number>(MESSAGES_MAX).fill(ANSWER.DONE), ANSWER.NO_PLAN])
    lanes.learn(source, TOPIC, PAYLOAD)
    assert.equal(answer(), ANSWER.DONE)
  })

  it('write into the kernel when a consent changes, and nothing when it has forgotten them', () => {
    const learned = memory()
    withdraw()
    assert.notEqual(memory(), learned)
    rooms.grant(stream)
    lanes.learn(source, TOPIC, PAYLOAD)
    kernel.reset()
    const forgotten = memory()
    withdraw()
    rooms.devices.get(stream.deviceId)!.bringUpToDate?.()
    lanes.forgetSource(source.id)
    assert.equal(memory(), forgotten)
  })
})
