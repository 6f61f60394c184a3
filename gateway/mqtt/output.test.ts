// What goes out of a socket goes out at the end of a turn, or earlier where much of it has gathered.
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
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

  it('is what was written into its room, in order, whenever the socket takes it', async () => {
    const step = fc.oneof(fc.record({ bytes: fc.integer({ min: 1, max: 3_000 }), isRoom: fc.boolean() }), fc.constantFrom('flush' as const, 'turn' as const, 'rest' as const, 'take' as const))
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, isSlow) => {
      const taken: Buffer[] = [], sent: Buffer[] = []
      let waiting: (() => void) | undefined, mark = 0
      // The bytes are looked at when they are taken: until then they have to stay what they are.
      const take = () => { const now = waiting; waiting = undefined; now?.() }
      const socket = new Duplex({ highWaterMark: 1 << 24, read() {}, write(chunk: Buffer, _encoding, done) {
        waiting = () => { taken.push(Buffer.from(chunk)); done() }
        if (!isSlow) take()
      } })
      const output = new Output(socket, () => {})
      for (const each of steps) {
        if (each === 'flush') output.flush()
        else if (each === 'turn') await turn()
        else if (each === 'rest') output.rest()
        else if (each === 'take') take()
        else {
          const bytes = Buffer.alloc(each.bytes, ++mark)
          sent.push(bytes)
          if (each.isRoom) bytes.copy(output.room(bytes.length), output.roomAt)
          else output.send(bytes)
        }
      }
      output.flush()
      for (let tries = 0; tries < 2_000 && (waiting !== undefined || output.waiting > 0); tries++) { take(); await turn() }
      assert.ok(Buffer.concat(taken).equals(Buffer.concat(sent)))
      assert.equal(output.waiting, 0)
    }), { numRuns: 150 })
  })
})
