import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { PassThrough, type Duplex } from 'node:stream'
import { reset, travelsBy } from '#gateway/lib/reset.ts'
import { heldBy } from '#test/chaos/withdrawal/in-kernel.ts'

/** More than the kernel takes on both sides. */
const BYTES = 32 << 20

describe('A reset', () => {
  let server: Server, ours: Socket, theirs: Socket
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    theirs = connect((server.address() as AddressInfo).port, '127.0.0.1')
    theirs.on('error', () => {})
    theirs.pause()
    ;[ours] = await once(server, 'connection') as [Socket]
    ours.on('error', () => {})
  })
  afterEach(() => { theirs.destroy(); server.close() })

  const error = (socket: Socket): Promise<unknown> => Promise.race([once(socket, 'error').then(([{ code }]) => code), once(socket, 'close').then(() => 'closed')])

  it('takes back what the kernel has still to send, and tells the other side', async function () {
    if (!existsSync('/proc/net/tcp')) { console.log('      skipped: this system does not tell what its sockets hold'); this.skip() }
    ours.write(Buffer.alloc(BYTES))
    for (let last = -1; last !== heldBy(theirs).sending;) { last = heldBy(theirs).sending; await new Promise(done => setTimeout(done, 50)) }
    const { sending, receiving } = heldBy(theirs)
    assert.ok(sending > receiving, `the kernel has ${sending} and ${receiving} bytes`)
    reset(ours)
    theirs.resume()
    assert.equal(await error(theirs), 'ECONNRESET')
    assert.ok(theirs.bytesRead <= receiving, `${theirs.bytesRead} bytes came`)
  })

  it('reaches the socket beneath other streams, once and again, and ends what travels by none', async () => {
    const middle = new PassThrough(), upper = new PassThrough(), lone: Duplex = new PassThrough()
    travelsBy(upper, middle)
    travelsBy(middle, ours)
    theirs.resume()
    reset(upper)
    reset(upper)
    assert.equal(await error(theirs), 'ECONNRESET')
    reset(lone)
    assert.deepEqual([upper.destroyed, ours.destroyed, lone.destroyed], [true, true, true])
  })
})
