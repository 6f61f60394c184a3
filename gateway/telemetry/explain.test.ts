import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DETAIL_LENGTH_MAX, EXPLAINED_SOURCES_MAX, EXPLANATIONS_PER_SOURCE_MAX, Explain } from '#gateway/telemetry/explain.ts'

describe('Explain', () => {
  it('tells the newest refusals of a source, oldest first', () => {
    const explain = new Explain()
    explain.note('home', 1, 'a', 'NO_ADAPTER')
    explain.note('home', 2, 'b', 'BAD_UNIT', 'temperature', 'furlong is not a unit of temperature')
    explain.note('other', 3, 'c', 'NO_CONSENT')
    assert.deepEqual(explain.last('home').map(({ topic }) => topic), ['a', 'b'])
    assert.deepEqual(explain.last('home', 1), [{ at: 2, topic: 'b', code: 'BAD_UNIT', field: 'temperature', detail: 'furlong is not a unit of temperature' }])
    assert.deepEqual(explain.last('unknown'), [])
  })

  it('remembers so many and no more', () => {
    const explain = new Explain()
    for (let n = 1; n <= EXPLANATIONS_PER_SOURCE_MAX + 3; n++) explain.note('home', n, 't', 'NO_CONSENT')
    const told = explain.last('home')
    assert.deepEqual([told.length, told[0]?.at, told.at(-1)?.at], [EXPLANATIONS_PER_SOURCE_MAX, 4, EXPLANATIONS_PER_SOURCE_MAX + 3])
  })

  it('forgets the source that came first when there are too many', () => {
    const explain = new Explain()
    for (let n = 0; n <= EXPLAINED_SOURCES_MAX; n++) explain.note(`source ${n}`, n, 't', 'NO_CONSENT')
    assert.deepEqual([explain.last('source 0').length, explain.last('source 1').length], [0, 1])
  })

  it('keeps the beginning of what is long, and not the rest of it in memory', () => {
    setFlagsFromString('--expose-gc')
    const explain = new Explain(), long = () => JSON.parse(`"${'x'.repeat(100_000)}"`) as string, collect = runInNewContext('gc') as () => void
    collect()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < EXPLANATIONS_PER_SOURCE_MAX; n++) explain.note('home', n, 't', 'BAD_PAYLOAD', long(), long())
    collect()
    assert.ok(process.memoryUsage().heapUsed - before < EXPLANATIONS_PER_SOURCE_MAX * 10_000)
    assert.ok(explain.last('home').every(({ field, detail }) => field.length === DETAIL_LENGTH_MAX && detail.length === DETAIL_LENGTH_MAX))
  })
})
