// A process with nothing else to do: `node stopwatch.ts HTTP KEY CONSENT FOLDER` gives a consent and withdraws it, again and again, and takes the
// time from the request to the answer; and beside it the time that the disk at FOLDER takes to sync a page of its own. Its last word, when its
// input ends, is JSON: milliseconds of both.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Control } from '#test/chaos/withdrawal/control.ts'

const [http = '', key = '', consent = '', folder = ''] = process.argv.slice(2), BETWEEN_MS = 15, PAGE = Buffer.alloc(4_096)
const control = new Control(http), answered: number[] = [], synced: number[] = [], file = openSync(join(folder, 'stopwatch'), 'w')
let isOver = false
process.stdin.resume().once('end', () => { isOver = true })
while (!isOver) {
  const { body } = await control.ask(key, 'POST', '/v1/consents', JSON.parse(consent) as object)
  await delay(BETWEEN_MS * Math.random())
  await control.ask(key, 'POST', `/v1/consents/${body.consentId}/withdraw`, undefined, (_, milliseconds) => answered.push(milliseconds))
  await delay(BETWEEN_MS * Math.random())
  const started = performance.now()
  writeSync(file, PAGE)
  fdatasyncSync(file)
  synced.push(performance.now() - started)
}
closeSync(file)
console.log(JSON.stringify({ answered, synced }))
control.close()
