import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { columns, lines, table, wrapped } from '#cli/columns.ts'
import { LineWriter } from '#cli/line-writer.ts'
import { Progress } from '#cli/progress.ts'

describe('Text for people', () => {
  it('stands in columns as wide as their widest cell', () => {
    assert.equal(columns([['a', 'bb', 'c'], ['aaa', 'b', 'c']]), 'a    bb  c\naaa  b   c')
  })

  it('of records has a heading, and marks what is not there', () => {
    assert.equal(table([{ id: 1, tags: ['x', 'y'] }, { id: 22, tags: [], more: { a: 1 } }], ['id', 'tags', 'more']), 'id  tags  more\n1   x,y   -\n22  -     {"a":1}')
    assert.equal(table([], ['id']), '(none)')
    assert.equal(lines({ id: 1, name: 'x', none: undefined }), 'id    1\nname  x')
  })

  it('shows no control characters of strangers, nor any that turn the direction of writing', () => {
    assert.equal(lines({ name: 'a\u001b[2J\u0007\r\nb\u202ec' }), 'name  a?[2J???b?c')
  })

  it('is wrapped at words', () => {
    assert.deepEqual(wrapped('a bb ccc dddddd e', 6), ['a bb', 'ccc', 'dddddd', 'e'])
  })
})

describe('A line writer', () => {
  it('writes what one turn of the loop brings at once, in order', async () => {
    const chunks: string[] = [], writer = new LineWriter(new Writable({ write(chunk, _encoding, done) { chunks.push(String(chunk)); done() } }), () => undefined)
    for (const line of ['a', 'b', 'c']) writer.write(line)
    assert.deepEqual(chunks, [])
    await new Promise(setImmediate)
    assert.deepEqual(chunks, ['a\nb\nc\n'])
    writer.write('d')
    writer.flush()
    assert.deepEqual(chunks, ['a\nb\nc\n', 'd\n'])
  })

  it('tells when its reader has had enough, and when there is room again', () => {
    const told: boolean[] = [], waiting: (() => void)[] = []
    const writer = new LineWriter(new Writable({ highWaterMark: 4, write(_chunk, _encoding, done) { waiting.push(done) } }), hasRoom => told.push(hasRoom))
    writer.write('a long line')
    writer.flush()
    assert.deepEqual(told, [false])
    waiting[0]!()
    return new Promise<void>(done => setImmediate(() => { assert.deepEqual(told, [false, true]); done() }))
  })
})

describe('A progress bar', () => {
  it('is drawn on a terminal, within its width, and leaves nothing behind', () => {
    const written: string[] = [], progress = new Progress({ isTTY: true, columns: 40, write: text => written.push(text) })
    progress.update(0.5, 'half of it is done by now, more or less')
    progress.update(undefined, 'no end')
    progress.end()
    assert.match(written[0]!, /^\r\x1b\[2K█{12}░{12} {2}50 % {2}half/)
    assert.ok(written.every(text => text.length <= '\r\x1b[2K'.length + 39))
    assert.deepEqual(written.slice(1), ['\r\x1b[2Kno end', '\r\x1b[2K'])
  })

  it('is not drawn elsewhere', () => {
    const written: string[] = [], progress = new Progress({ write: text => written.push(text) })
    progress.update(0.5, 'half')
    progress.end()
    assert.deepEqual(written, [])
  })
})
