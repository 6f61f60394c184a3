// The kernel as its host uses it: batches, topics that are entered, forgotten and granted, and what happens at its limits.
import assert from 'node:assert/strict'
import { zigbee2mqtt } from '#adapters/zigbee2mqtt/adapter.ts'
import { ANSWER, BATCH_BYTES_MAX, BATCH_ROWS_MAX, Kernel, KERNEL_BYTES_MAX, type Entered } from '#gateway/kernel/kernel.ts'
import { compileBlueprint } from '#semantic-models/blueprint.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { Prepared } from '#semantic-models/template.ts'
import { timeText } from '#semantic-models/text.ts'

const NOW = Date.UTC(2026, 10, 25, 8), ALL = 0x7fffffff, ANSWER_WORDS = 6, MADE_WORDS = 8, SOURCE = 3
const FACTS: DeviceFacts = { id: 'abcdefghijklmnopqrstuvwxyz', dialect: 'zigbee2mqtt', placement: 'indoor', phases: 1 }
const LAYOUT = zigbee2mqtt.layout!('zigbee2mqtt/a', undefined)!.layout, BLUEPRINT = compileBlueprint(LAYOUT, FACTS)
const INDOOR = BLUEPRINT.entities.findIndex(({ model }) => model.type === 'IndoorEnvironmentObserved')
const PLAIN = '{"temperature":21.5,"humidity":40}'

type Row = readonly [topic: string, payload: string]

function enter(kernel: Kernel, topic: string, { source = SOURCE, granted = ALL, id = 0, facts = FACTS } = {}): Entered | undefined {
  return kernel.enter(source, topic, BLUEPRINT, new Prepared(facts), [{ index: INDOOR, id, granted }])
}

function packed(rows: readonly Row[]): { readonly bytes: Buffer, readonly rows: number[] } {
  const parts = rows.flatMap(row => row.map(text => Buffer.from(text))), offsets: number[] = []
  parts.reduce((at, part) => { offsets.push(at, part.length); return at + part.length }, 0)
  return { bytes: Buffer.concat(parts), rows: offsets }
}

/** Answers, and the texts that were made, of all rows. */
function run(kernel: Kernel, messages: readonly Row[], source = SOURCE): { readonly answers: number[], readonly texts: string[], readonly loaded: number } {
  const { bytes, rows } = packed(messages), loaded = kernel.load(source, bytes, rows, 0, messages.length, NOW, timeText(NOW)), answers: number[] = [], texts: string[] = []
  for (let row = 0; row < loaded;) {
    const { done, made, rows: out, bytes: memory, answers: all } = kernel.run(row)
    for (; row < done; row++) answers.push(all[row * ANSWER_WORDS + ANSWER_WORDS - 1]!)
    for (let n = 0; n < made; n++) texts.push(memory.subarray(out[n * MADE_WORDS + 2], out[n * MADE_WORDS + 5]).toString())
  }
  return { answers, texts, loaded }
}

describe('The kernel', () => {
  it('takes messages on topics that were entered, of that source, and hands back all others', () => {
    const kernel = new Kernel()
    enter(kernel, 'zigbee2mqtt/a')
    assert.deepEqual(run(kernel, [['zigbee2mqtt/a', PLAIN], ['zigbee2mqtt/b', PLAIN], ['zigbee2mqtt/a', PLAIN]]).answers, [ANSWER.DONE, ANSWER.NO_PLAN, ANSWER.DONE])
    assert.deepEqual(run(kernel, [['zigbee2mqtt/a', PLAIN]], SOURCE + 1).answers, [ANSWER.NO_PLAN])
    kernel.forget(SOURCE, 'zigbee2mqtt/a')
    assert.deepEqual(run(kernel, [['zigbee2mqtt/a', PLAIN]]).answers, [ANSWER.NO_PLAN])
    enter(kernel, 'zigbee2mqtt/a')
    assert.deepEqual(run(kernel, [['zigbee2mqtt/a', PLAIN]]).answers, [ANSWER.DONE])
  })

  it('says why it does not take a message', () => {
    const kernel = new Kernel()
    enter(kernel, 't')
    const messages = ['', '{', '{"temperature":01}', '{"temperature":"warm"}', '[]', '{"linkquality":100}', '{}', `${'['.repeat(61)}${']'.repeat(61)}`, `{"x":${'['.repeat(61)}${']'.repeat(61)}}`]
    assert.deepEqual(run(kernel, messages.map((payload): Row => ['t', payload])).answers, [
      ANSWER.NOT_COVERED, ANSWER.NOT_JSON, ANSWER.NOT_JSON, ANSWER.NOT_COVERED, ANSWER.NOT_COVERED, ANSWER.ONLY_STATES, ANSWER.NOT_COVERED, ANSWER.NOT_COVERED, ANSWER.NOT_COVERED,
    ])
  })

  it('lets out what is granted, from the next message on', () => {
    const kernel = new Kernel(), entered = enter(kernel, 't', { granted: 0 })!
    assert.deepEqual(run(kernel, [['t', PLAIN]]).texts, [''])
    kernel.grant(entered, 0, ALL)
    assert.match(run(kernel, [['t', PLAIN]]).texts[0]!, /"temperature".*21\.5/)
    const bit = BLUEPRINT.entities[INDOOR]!.parts.find(({ text }) => text.includes('"relativeHumidity"'))!.bit
    kernel.grant(entered, 0, bit)
    const [text] = run(kernel, [['t', PLAIN]]).texts
    assert.match(text!, /"relativeHumidity".*0\.4[,}]/)
    assert.doesNotMatch(text!, /temperature/)
  })

  it('reads no message on into what stands behind it, wherever a chunk is cut', () => {
    const kernel = new Kernel(), payload = '{"temperature":21.5,"humidity":40,"last_seen":"2026-11-25T07:59:58.123Z"}'
    enter(kernel, 't')
    const [whole] = run(kernel, [['t', payload]]).texts
    for (let cut = 0; cut < payload.length; cut++) {
      const { bytes, rows } = packed([['t', payload.slice(0, cut)], ['t', payload.slice(cut)], ['t', payload]])
      assert.equal(kernel.load(SOURCE, bytes, rows, 0, 3, NOW, timeText(NOW)), 3)
      assert.notEqual(kernel.run(0).answers[ANSWER_WORDS - 1], ANSWER.DONE, payload.slice(0, cut))
      assert.equal(run(kernel, [['t', payload]]).texts[0], whole)
    }
  })

  it('takes a batch up to so many rows and bytes, and says how many', () => {
    const kernel = new Kernel(), rows = Array.from({ length: BATCH_ROWS_MAX + 1 }, (): Row => ['t', PLAIN])
    enter(kernel, 't')
    const { loaded, answers, texts } = run(kernel, rows)
    assert.deepEqual([loaded, answers.length, texts.length], [BATCH_ROWS_MAX, BATCH_ROWS_MAX, BATCH_ROWS_MAX])
    assert.ok(answers.every(answer => answer === ANSWER.DONE) && texts.every(text => text === texts[0]))
    const padded = (length: number): Row => ['t', `${PLAIN}${' '.repeat(length - PLAIN.length - 1)}`]
    assert.equal(run(kernel, [padded(BATCH_BYTES_MAX)]).loaded, 1)
    assert.equal(run(kernel, [padded(BATCH_BYTES_MAX + 1)]).loaded, 0)
    assert.equal(run(kernel, [padded(BATCH_BYTES_MAX - 40), ['t', PLAIN], ['t', PLAIN]]).loaded, 2)
  })

  it('keeps the newest value of a state until it is taken', () => {
    const kernel = new Kernel(), entered = enter(kernel, 't')!, battery = BLUEPRINT.states.indexOf('battery')
    assert.equal(kernel.takeState(entered, battery), undefined)
    run(kernel, [['t', '{"temperature":1,"battery":40}'], ['t', '{"temperature":1,"battery":41}'], ['t', '{"temperature":"no","battery":99}']])
    assert.deepEqual(kernel.takeState(entered, battery), { value: 41, observedAt: NOW })
    assert.equal(kernel.takeState(entered, battery), undefined)
  })

  it('does not enter what has more text than an entity may have', () => {
    const spot: DeviceFacts = { ...FACTS, role: 'parkingSpot' }, site = (length: number): DeviceFacts => ({ ...spot, refParkingSite: `urn:x:${'y'.repeat(length)}` })
    const parking = compileBlueprint({ fields: [{ path: ['p'], marks: 0, words: [{ sent: true, word: 'occupied' }], routes: [{ reading: { quantity: 'parking', unit: '', rank: 0 } }] }], objects: [], times: [] }, spot)
    const enterAt = (length: number): Entered | undefined => new Kernel().enter(SOURCE, 't', parking, new Prepared(site(length)), [{ index: 0, id: 0, granted: ALL }])
    assert.ok(enterAt(100))
    assert.equal(enterAt(9_000), undefined)
  })

  it('forgets everything when it is told to', () => {
    const kernel = new Kernel(), { epoch } = kernel
    enter(kernel, 't')
    kernel.reset()
    assert.equal(kernel.epoch, epoch + 1)
    assert.equal(kernel.topicCount, 0)
    assert.deepEqual(run(kernel, [['t', PLAIN]]).answers, [ANSWER.NO_PLAN])
  })

  it('has room for 100,000 devices, and throws a RangeError when there is no more', () => {
    const kernel = new Kernel(), before = kernel.used
    for (let n = 0; n < 2_000; n++) enter(kernel, `zigbee2mqtt/device-${n}`, { id: n })
    const bytes = (kernel.used - before) / 2_000
    console.log(`      ${Math.round(bytes)} bytes for each device`)
    assert.ok(bytes < 1_000, 'so that 100,000 devices and their plans take less than half of the memory')
    assert.deepEqual(run(kernel, [['zigbee2mqtt/device-1999', PLAIN]]).answers, [ANSWER.DONE])
    assert.throws(() => { for (;;) kernel.enter(SOURCE, 't', BLUEPRINT, new Prepared(FACTS), [], 'x'.repeat(4_000_000)) }, RangeError)
    assert.ok(kernel.used > KERNEL_BYTES_MAX - 8_000_000)
    kernel.reset()
    enter(kernel, 't')
    assert.deepEqual(run(kernel, [['t', PLAIN]]).answers, [ANSWER.DONE])
  })
})
