// What goes out of a socket goes out at the end of a turn, or earlier where much of it has gathered.
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { Output } from '#gateway/mqtt/output.ts'

function begin() {
  const written: number[] = []
  const socket = new Duplex({ highWaterMark: 1 << 20, read() {}, write(chunk: Buffer, _encoding, done) { written.push(chunk.length); done() } })
  return { written, output: new Output(socket, () => {}) }
}

describe('The output of a connection', () => {
  it('is one write for all that a turn brings', async () => {
    const { written, output } = begin()
    for (let count = 0; count < 100; count++) output.send(Buffer.alloc(10))
    assert.deepEqual(written, [])
    await turn()
    assert.deepEqual(written, [1_000])
  })

  it('does not wait for the end of a turn where 64 KiB have gathered, and counts nothing as waiting that has left', async () => {
    const { written, output } = begin()
    for (let count = 0; count < 63; count++) output.send(Buffer.alloc(1_024))
    output.send(Buffer.alloc(1_023))
    assert.deepEqual([written, output.waiting], [[], 65_535])
    output.send(Buffer.alloc(1))
    assert.deepEqual([written, output.waiting], [[65_536], 0])
    output.send(Buffer.alloc(5))
    await turn()
    assert.deepEqual(written, [65_536, 5])
  })
})
