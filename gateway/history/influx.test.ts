// What a store of points does when it is cut off: nothing of what was to be written reaches its socket any more.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InfluxStore } from '#gateway/history/influx.ts'
import type { Point } from '#gateway/history/point.ts'

const POINT: Point = { measurement: 'm', tags: {}, fields: { secret: 1 }, timestamp: '1' }

describe('The InfluxDB of the history, cut off', () => {
  let server: Server, store: InfluxStore, asked: string[], answer: (response: ServerResponse) => void
  beforeEach(async () => {
    asked = []
    answer = response => response.writeHead(200).end('{"results":[{}]}')
    server = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => { body += String(chunk) }).on('error', () => {}).on('end', () => { asked.push(body); answer(response) })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    store = new InfluxStore({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, database: 'd' })
  })
  afterEach(() => { store.close(); server.close(); server.closeAllConnections() })

  const heard = async (count: number): Promise<void> => { while (asked.length < count) await new Promise(done => setTimeout(done, 1)) }
  const isSent = (): boolean => asked.some(body => body.includes('secret'))
  const later = (): Promise<unknown> => new Promise(done => setTimeout(done, 100))

  it('writes', async () => {
    await store.write([POINT], 24)
    assert.equal(isSent(), true)
  })

  it('before it has loaded what it needs, or while it makes room: does not write', async () => {
    const first = assert.rejects(store.write([POINT], 24), /cut off/)
    store.cut()
    await first
    const second = assert.rejects(store.write([POINT], 24))
    await heard(1)
    store.cut()
    await second
    await later()
    assert.equal(isSent(), false)
  })

  it('behind another request that is not answered: does not write when that is over', async () => {
    await store.write([POINT], 24)
    asked.length = 0
    answer = () => { /* never */ }
    const erasing = assert.rejects(store.erase('grant_1'))
    await heard(1)
    const writing = assert.rejects(store.write([POINT], 24))
    await new Promise(setImmediate)
    store.cut()
    await Promise.all([erasing, writing])
    await later()
    assert.equal(isSent(), false)
  })
})
