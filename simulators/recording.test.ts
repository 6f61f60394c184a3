import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, WriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { crc32, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { virtualClock } from '#simulators/clock.ts'
import { loadFleet, type Faults } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'
import { Recorder } from '#simulators/recorder.ts'
import { LINE_BYTES_MAX, RecordingError } from '#simulators/recording.ts'
import { messagesOf, openRecording, type Recording } from '#simulators/replay.ts'
import type { Outgoing, RunOptions } from '#simulators/run-options.ts'
import { runFleet, runMessages } from '#simulators/run.ts'
import { FleetBroker } from '#simulators/fleet-broker.fake.ts'
import { traffic } from '#simulators/traffic.ts'

const START_MS = Date.parse('2026-05-04T10:15:30.250Z')
const COUNT = 1_200
const FAULTS: Faults = { duplicate: 0.03, reorder: 0.03, disconnect: 0, malformed: 0.03, clockSkewS: 20 }
const faulty = planFleet({ ...loadFleet('demo'), faults: FAULTS })

describe('recording', () => {
  let folder: string, broker: FleetBroker
  before(() => { folder = mkdtempSync(join(tmpdir(), 'recording-')) })
  after(() => rmSync(folder, { recursive: true }))
  beforeEach(async () => {
    broker = new FleetBroker()
    await broker.start(faulty)
  })
  afterEach(() => broker.stop())

  const recorderOf = (file: string, sources: readonly SourcePlan[]) =>
    Recorder.open(join(folder, file), { fleet: 'demo', seed: 42, startMs: START_MS, sources })

  /** Runs a plan against the broker, and writes it down. */
  async function recordRun(file: string, plan = faulty, options: RunOptions = {}): Promise<string> {
    const recorder = await recorderOf(file, plan)
    await runFleet(plan, broker.credentialsOf, { clock: virtualClock(START_MS), count: COUNT, record: recorder.record, ...options })
    await recorder.close()
    return join(folder, file)
  }

  /** Writes down messages that nobody sends. */
  async function write(file: string, messages: Iterable<Outgoing>, sources = faulty): Promise<string> {
    const recorder = await recorderOf(file, sources)
    for (const message of messages) await recorder.record(message)
    await recorder.close()
    return join(folder, file)
  }

  const replay = (recording: Recording) =>
    runMessages(recording.sources, () => messagesOf(recording), broker.credentialsOf, { clock: virtualClock(START_MS) })

  const bytesBySource = () => {
    const said = broker.arrivals.map(({ user, topic, bytes, qos, retain }) =>
      ({ user, packet: [topic, bytes.toString('base64'), qos, retain] }))
    return Map.groupBy(said, ({ user }) => user)
  }

  for (const name of ['run.jsonl', 'run.jsonl.gz']) {
    it(`is sent again byte for byte, from each source in its order (${name})`, async () => {
      const file = await recordRun(name), sent = bytesBySource()
      assert.equal(broker.arrivals.length, COUNT)
      broker.arrivals.length = 0
      const recording = await openRecording(file)
      assert.deepEqual([recording.messages, recording.fleet, recording.seed, recording.startMs], [COUNT, 'demo', 42, START_MS])
      const counts = await replay(recording)
      assert.deepEqual([counts.sent, counts.acknowledged], [COUNT, COUNT])
      assert.ok(counts.duplicates > 10 && counts.malformed > 10 && counts.reordered > 10, 'what was on purpose is still counted as such')
      assert.deepEqual(bytesBySource(), sent)
      for (const { user, clientId } of broker.arrivals) assert.equal(clientId, faulty.find(({ name: known }) => known === user)!.clientId)
    })
  }

  it('is sent with the quality of service that each message had', async () => {
    const messages = traffic(faulty, { startMs: START_MS }).take(60).toArray()
    const mixed = messages.map((outgoing, k): Outgoing => ({ ...outgoing, message: { ...outgoing.message, qos: k % 2 === 0 ? 0 : 1 } }))
    const { acknowledged } = await replay(await openRecording(await write('mixed.jsonl', mixed)))
    assert.equal(acknowledged, 60)
    const arrivedWith = (wanted: number) => broker.arrivals.filter(({ qos }) => qos === wanted).length
    assert.ok(arrivedWith(1) === 30 && arrivedWith(0) > 0)
  })

  it('keeps the spacing of its messages, and cuts the same sockets, whose wills are published', async () => {
    const plan = planFleet({ ...loadFleet('demo'), faults: { ...FAULTS, disconnect: 0.15 } })
    const file = await recordRun('cut.jsonl', plan), recording = await openRecording(file)
    const meant = traffic(plan, { startMs: START_MS }).take(COUNT).toArray(), read = await Array.fromAsync(messagesOf(recording))
    const shape = (sendings: readonly Outgoing[]) => sendings.map(({ atMs, isCut, fault }) => [atMs, isCut, fault])
    assert.deepEqual(shape(read), shape(meant))
    assert.ok(read.every(({ source }) => recording.sources.includes(source)), 'of the very sources that were opened, and are paired')
    assert.equal(recording.lifeS, (meant.at(-1)!.atMs - START_MS) / 1000)
    broker.arrivals.length = 0
    const counts = await replay(recording)
    assert.ok(counts.disconnects > 5)
    assert.ok(broker.arrivals.some(({ payload }) => payload === '{"state":"offline"}'))
  })

  it('is the same file for the same seed and start, faults and packing included, and another for another', async () => {
    for (const ending of ['jsonl', 'jsonl.gz']) {
      const [one, other] = [await recordRun(`one.${ending}`), await recordRun(`other.${ending}`)]
      assert.ok(readFileSync(one).equals(readFileSync(other)))
    }
    const another = await write('another.jsonl', traffic(planFleet({ ...loadFleet('demo'), seed: 9 }), { startMs: START_MS }).take(50))
    assert.ok(!readFileSync(another).equals(readFileSync(join(folder, 'one.jsonl'))))
    assert.ok(gunzipSync(readFileSync(join(folder, 'one.jsonl.gz'))).equals(readFileSync(join(folder, 'one.jsonl'))))
    assert.ok(statSync(join(folder, 'one.jsonl.gz')).size < 0.3 * statSync(join(folder, 'one.jsonl')).size)
  })

  it('is not made twice under one name, nor where there is no folder', async () => {
    const file = await write('once.jsonl', [])
    const before = readFileSync(file)
    await assert.rejects(write('once.jsonl', traffic(faulty, { startMs: START_MS }).take(5)), /once\.jsonl: is there already/)
    assert.ok(readFileSync(file).equals(before))
    await assert.rejects(write('nowhere/x.jsonl', []), /cannot be written \(ENOENT/)
  })

  it('is gone when it is discarded', async () => {
    const recorder = await recorderOf('gone.jsonl', faulty)
    for (const message of traffic(faulty, { startMs: START_MS }).take(5)) await recorder.record(message)
    await recorder.discard()
    assert.ok(!existsSync(join(folder, 'gone.jsonl')))
  })

  it('ends the run, and says why, when the disk is full', async () => {
    const isFull = (...parameters: any[]) => { parameters.at(-1)(new Error('ENOSPC: no space left')) }
    mock.method(WriteStream.prototype, '_write', isFull)
    mock.method(WriteStream.prototype, '_writev' as '_write', isFull)
    try {
      await assert.rejects(recordRun('full.jsonl', faulty, { count: 5_000 }), /full\.jsonl: cannot be written \(ENOSPC/)
      assert.ok(broker.arrivals.length < 5_000)
    } finally {
      mock.restoreAll()
    }
  })

  it('holds nothing of the credentials', async () => {
    const text = readFileSync(await recordRun('secrets.jsonl', faulty, { count: 100 }), 'utf8')
    for (const source of faulty) assert.ok(!text.includes(broker.credentialsOf(source).password))
    assert.ok(!text.includes('"password"') && !text.includes('"username"'))
  })

  it('gives back any bytes, topics, qualities of service and retain flags', async () => {
    const marked = fc.constantFrom('\ufeffa\u0000\n', Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))
    const message = fc.record({
      topic: fc.constantFrom('a', 'a/b c/ö', '/'), payload: fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), marked),
      qos: fc.constantFrom(0 as const, 1 as const), retain: fc.boolean(),
    })
    let run = 0
    await fc.assert(fc.asyncProperty(fc.array(message, { maxLength: 5 }), async messages => {
      const outgoing = messages.map((each, k): Outgoing => ({ message: each, source: faulty[k]!, atMs: START_MS + k / 3 }))
      const read = await Array.fromAsync(messagesOf(await openRecording(await write(`any-${run++}.jsonl`, outgoing))))
      const plain = (sendings: readonly Outgoing[]) => sendings.map(({ message: { payload, ...others }, source, atMs }) =>
        ({ ...others, bytes: Buffer.from(payload as string).toString('hex'), source: source.name, atMs }))
      assert.deepEqual(plain(read), plain(outgoing))
    }), { numRuns: 60 })
  })

  describe('that is damaged', () => {
    let lines: readonly string[]
    before(async () => {
      const file = await write('whole.jsonl', traffic(faulty, { startMs: START_MS }).take(6))
      lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
      assert.equal(lines.length, 8)
    })

    const bytesOf = (some: readonly string[]) => Buffer.from(some.map(line => `${line}\n`).join(''))
    /** With a last line that fits. */
    const ended = (some: readonly string[]) => {
      const bytes = bytesOf(some)
      return Buffer.concat([bytes, Buffer.from(`${JSON.stringify({ messages: some.length - 1, crc32: crc32(bytes) })}\n`)])
    }
    const changed = (line: number, change: (members: Record<string, unknown>) => void) => {
      const members = JSON.parse(lines[line - 1]!) as Record<string, unknown>
      change(members)
      return ended(lines.slice(0, -1).map((text, k) => k === line - 1 ? JSON.stringify(members) : text))
    }

    const firstSource = (header: Record<string, unknown>) => (header.sources as Record<string, unknown>[])[0]!

    const damages: Readonly<Record<string, readonly [fault: RegExp, bytes: () => Buffer]>> = {
      'is empty': [/line 1: the file is empty/, () => Buffer.alloc(0)],
      'is another file': [/line 1: is not the beginning of a recorded run: recording: .* missing/, () => Buffer.from('{"name":"x"}\n')],
      'is no text': [/line 1: is not text/, () => Buffer.from([0x1f, 0x8b, 0xff, 0x0a])],
      'is of another version': [/line 1: .*recording: must be .*, is 2/, () => changed(1, header => { header.recording = 2 })],
      'has a source of no dialect': [
        /line 1: .*sources\[0\]\.dialect: must be one of/, () => changed(1, header => { firstSource(header).dialect = 'x10' }),
      ],
      'has a source with more than there should be': [
        /line 1: .*sources\[0\]\.password: is not a field/, () => changed(1, header => { firstSource(header).password = 'x' }),
      ],
      'has no sources': [/line 1: .*sources: must be a list/, () => changed(1, header => { header.sources = [] })],
      'breaks off between lines': [/line 5: the recording breaks off/, () => bytesOf(lines.slice(0, 4))],
      'breaks off within a line': [/line 4: the recording breaks off/, () => bytesOf(lines.slice(0, 4)).subarray(0, -20)],
      'breaks off within its last line': [/line 8: the recording breaks off/, () => bytesOf(lines).subarray(0, -1)],
      'goes on behind its end': [/line 9: stands behind the end/, () => bytesOf([...lines, lines[3]!])],
      'lacks a message': [/line 7: speaks of 6 messages, and 5 stand before it/, () => bytesOf(lines.toSpliced(3, 1))],
      'has one letter more than was written': [
        /line 8: .*its checksum does not match/, () => bytesOf(lines.with(4, lines[4]!.replace('"topic":"', '"topic":"x'))),
      ],
      'has a line that is no JSON': [/line 4: is not JSON/, () => ended(lines.slice(0, -1).with(3, '{"atMs":'))],
      'has a message of nobody': [/line 3: source: must be .* from 0 to 14, is 15/, () => changed(3, line => { line.source = 15 })],
      'goes back in time': [/line 3: atMs: must be a number from/, () => changed(3, line => { line.atMs = START_MS - 1 })],
      'goes back in time between two messages': [/line 4: atMs: must be/, () => changed(4, line => { line.atMs = START_MS + 0.001 })],
      'has a topic with a wildcard': [/line 4: topic: is none that can be published on/, () => changed(4, line => { line.topic = 'a/#' })],
      'has a message without a payload': [/line 5: payload: must be a text, is missing/, () => changed(5, line => { delete line.payload })],
      'has bytes that are not base64': [
        /line 5: base64: is not base64/, () => changed(5, line => { delete line.payload; line.base64 = 'YQ=' }),
      ],
      'has a payload twice': [/line 5: payload: is not a field/, () => changed(5, line => { line.base64 = 'YQ==' })],
      'has a quality of service of 2': [/line 6: qos: must be/, () => changed(6, line => { line.qos = 2 })],
      'has a flag that is none': [/line 6: retain: must be true or false, is "no"/, () => changed(6, line => { line.retain = 'no' })],
      'has a fault that nobody knows': [/line 6: fault: must be one of/, () => changed(6, line => { line.fault = 'lost' })],
      'has a line without end': [
        /line 3: has more than 16777216 bytes/, () => Buffer.concat([bytesOf(lines.slice(0, 2)), Buffer.alloc(LINE_BYTES_MAX + 1, 'x')]),
      ],
    }
    for (const [damage, [fault, bytes]] of Object.entries(damages)) {
      it(`says so with its line when it ${damage}`, async () => {
        const file = join(folder, 'damaged.jsonl')
        writeFileSync(file, bytes())
        await assert.rejects(openRecording(file), (error: Error) => {
          assert.ok(error instanceof RecordingError && error.code === 'BAD_RECORDING')
          assert.match(error.message, fault)
          return true
        })
      })
    }

    it('says so where it is packed and cut short, not packed at all, or not there', async () => {
      const packed = readFileSync(await write('packed.jsonl.gz', traffic(faulty, { startMs: START_MS }).take(400)))
      for (const [name, bytes, fault] of [
        ['cut.gz', packed.subarray(0, packed.length >> 1), /line \d+: unexpected end of file/],
        ['plain.gz', bytesOf(lines), /line 1: incorrect header check/],
      ] as const) {
        writeFileSync(join(folder, name), bytes)
        await assert.rejects(openRecording(join(folder, name)), fault)
      }
      for (const name of ['none.jsonl', 'none.gz']) await assert.rejects(openRecording(join(folder, name)), /cannot be read \(ENOENT/)
    })
  })
})
