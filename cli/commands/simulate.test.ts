import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRecording } from '#simulators/replay.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const START = '2026-05-04T00:00:00Z'
const SMALL = ['--fleet', 'city-2000', '--devices', '6', '--seed', '7']

describe('sluice simulate', () => {
  let running: Running, owner: { readonly SLUICE_URL: string, readonly SLUICE_KEY: string }
  const folder = temporaryFolder(), at = (name: string) => join(folder, name)
  before(async () => {
    running = await Running.start()
    owner = { SLUICE_URL: running.http, SLUICE_KEY: (await running.party('owner')).key }
  })
  after(() => running.stop())

  it('lets a day pass, written down, and sends it once more, as other sources', async () => {
    const written = ['--start', START, '--record', at('day.jsonl.gz')]
    const counts = await sluiceJson(['simulate', ...SMALL, '--speedup', '43200', ...written], owner)
    assert.ok(counts.sent > 400 && counts.acknowledged === counts.sent, JSON.stringify(counts))
    assert.ok(counts.seconds >= 2 && counts.byDialect.tts > 100 && counts.byDialect.chirpstack > 100)
    const recording = await openRecording(at('day.jsonl.gz'))
    const { messages, startMs, fleet, seed } = recording
    assert.deepEqual([messages, startMs, fleet, seed], [counts.sent, Date.parse(START), 'city-2000', 7])
    assert.ok(recording.lifeS > 86_000 && recording.lifeS <= 86_400)

    const again = await sluiceJson(['simulate', '--replay', at('day.jsonl.gz'), '--speedup', '43200'], owner)
    const { seconds: _, ...replayed } = again, { seconds: __, ...sent } = counts
    assert.deepEqual(replayed, sent)
    const sources: { name: string }[] = await sluiceJson(['source', 'list'], owner)
    assert.deepEqual(sources.map(({ name }) => name).sort(), ['city chirpstack', 'city chirpstack', 'city tts', 'city tts'])
  })

  it('writes the same file for the same seed and start', async () => {
    const pace = ['--speedup', '100000', '--seconds', '0.3', '--start', START]
    for (const name of ['one', 'other']) await sluiceJson(['simulate', ...SMALL, ...pace, '--record', at(name)], owner)
    assert.ok(readFileSync(at('one')).length > 50_000 && readFileSync(at('one')).equals(readFileSync(at('other'))))
  })

  it('leaves no file where nothing could be paired, and writes over none', async () => {
    const { code } = await sluice(['simulate', ...SMALL, '--record', at('stranger')], { ...owner, SLUICE_KEY: 'wrong' })
    assert.deepEqual([code, existsSync(at('stranger'))], [1, false])
    writeFileSync(at('mine'), 'something of mine')
    const { err } = await sluice(['simulate', ...SMALL, '--record', at('mine'), '--json'], owner)
    assert.deepEqual([JSON.parse(err).error.code, readFileSync(at('mine'), 'utf8')], ['BAD_RECORDING', 'something of mine'])
  })

  it('disturbs nobody with a recording that is damaged, and names its line', async () => {
    writeFileSync(at('damaged'), `${readFileSync(at('one'), 'utf8').split('\n').slice(0, 5).join('\n')}\n`)
    const before = await sluiceJson(['source', 'list'], owner)
    const { code, err } = await sluice(['simulate', '--replay', at('damaged')], owner)
    assert.deepEqual([code, /damaged, line 6: the recording breaks off/.test(err)], [1, true])
    assert.deepEqual(await sluiceJson(['source', 'list'], owner), before)
  })

  for (const [words, fault] of [
    [[], /Either --fleet or --replay is needed/], [['--fleet', 'demo', '--replay', 'x'], /Either --fleet or --replay/],
    [['--replay', 'x', '--rate', '5'], /--rate goes with --fleet/], [['--replay', 'x', '--record', 'y'], /--record goes with --fleet/],
    [['--fleet', 'demo', '--day', '--speedup', '5'], /--speedup contradicts --day/],
    [['--fleet', 'demo', '--day', '--seconds', '5'], /--seconds contradicts --day/],
    [['--fleet', 'demo', '--start', 'yesterday'], /--start must be a time/],
    [['--fleet', 'demo', '--speedup', '0.5'], /--speedup must be from 1 to 100000/],
  ] as const) {
    it(`refuses ${words.length === 0 ? 'nothing to do' : words.join(' ')}`, async () => {
      const { code, err } = await sluice(['simulate', ...words], owner)
      assert.deepEqual([code, fault.test(err)], [2, true], err)
    })
  }
})
