import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FAULTS_TOLD_MAX, LINE_BYTES_MAX } from '#cli/commands/verify.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sluice.js'), COUNT = 5
const FLAGS = ['--disable-warning=ExperimentalWarning', BIN]

describe('verify', () => {
  let running: Running, lines: readonly string[], keys: string
  const folder = temporaryFolder()
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const document = (all: readonly string[]) => file('messages.jsonl', `${all.join('\n')}\n`)
  /** With --json: the exit code and the document. */
  const verified = async (all: readonly string[]) => {
    const { code, out, err } = await sluice(['verify', document(all), '--keys', keys, '--json'])
    return { code, verdict: JSON.parse(out), error: err === '' ? undefined : JSON.parse(err).error }
  }

  before(async () => {
    running = await Running.start()
    const [owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')]), device = await running.device(await running.pair(owner))
    const send = (value: number) => device.publishAsync('zigbee2mqtt/kitchen', `{"temperature":${value}.50}`, { qos: 1 })
    await send(1)
    const [{ streamId }] = await running.streamsOf(owner) as [{ streamId: string }]
    await running.deal(owner, city, streamId)
    const child = spawn(process.execPath, [...FLAGS, 'subscribe', '--stream', streamId, '--proof', '--count', String(COUNT)], {
      env: { ...process.env, SLUICE_URL: running.http, SLUICE_KEY: city.key }, stdio: ['ignore', 'pipe', 'pipe'],
    })
    const got: string[] = [], over = once(child, 'close')
    createInterface({ input: child.stdout }).on('line', line => got.push(line))
    await once(child.stderr, 'data')
    for (let value = 0; value < COUNT; value++) await send(value)
    await over
    lines = got
    keys = file('jwks.json', await (await fetch(`${running.http}/.well-known/jwks.json`)).text())
  })
  after(() => running.stop())

  it('proves what subscribe --proof has printed', async () => {
    assert.equal(lines.length, COUNT)
    assert.deepEqual(await sluiceJson(['verify', document(lines), '--keys', keys]), { messages: COUNT, proven: COUNT, bad: 0, faults: [] })
    assert.deepEqual(await sluice(['verify', document(lines), '--keys', keys]), { code: 0, out: '5 messages, 5 proven\n', err: '' })
  })

  it('says which line is wrong, and what is wrong with it, and ends with 1', async () => {
    const proof = (line: string) => line.replace(/"signature":"./, match => match.replace(/.$/, last => last === 'A' ? 'B' : 'A'))
    const bad = [lines[0]!, lines[1]!.replace('1.50', '1.51'), lines[2]!, proof(lines[3]!), lines[4]!.replace(/"kid":"./, '"kid":"~'), 'hello', lines[0]!.replace(/,"proof":{[^}]*}/, '')]
    const { code, verdict, error } = await verified(bad)
    assert.deepEqual([code, verdict.messages, verdict.proven, verdict.bad], [1, 7, 2, 5])
    assert.deepEqual(verdict.faults.map(({ line, code }: any) => [line, code]), [[2, 'CONTENT_CHANGED'], [4, 'SIGNATURE_WRONG'], [5, 'BAD_PROOF'], [6, 'NO_MESSAGE'], [7, 'NO_PROOF']])
    assert.deepEqual(error, { code: 'NOT_PROVEN', message: '5 of 7 are not proven.' })
    const { out } = await sluice(['verify', document(bad), '--keys', keys])
    assert.match(out, /^line 2: this is not what was signed, byte for byte.* \(CONTENT_CHANGED\)\nline 4: /)
    assert.match(out, /\n7 messages, 2 proven\n$/)
  })

  it('takes the key as PEM or a JWK, or from the gateway, and no other key', async () => {
    const [jwk] = JSON.parse(spawnSync('cat', [keys]).stdout.toString()).keys, messages = document(lines)
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string
    for (const text of [pem, JSON.stringify(jwk)]) assert.equal((await sluiceJson(['verify', messages, '--key', file('key', text)])).proven, COUNT)
    assert.equal((await sluiceJson(['verify', messages, '--url', running.http])).proven, COUNT)
    assert.equal((await sluiceJson(['verify', messages], { SLUICE_URL: running.http })).proven, COUNT)
    const stranger = await Running.start()
    try {
      const { code, out } = await sluice(['verify', messages, '--url', stranger.http, '--json'])
      assert.deepEqual([code, JSON.parse(out).faults[0].code], [1, 'UNKNOWN_KEY'])
    } finally {
      await stranger.stop()
    }
  })

  it('reads stdin, without a network', () => {
    const { status, stdout } = spawnSync(process.execPath, [...FLAGS, 'verify', '-', '--keys', keys, '--json'], { input: lines.join('\n'), env: { PATH: process.env['PATH'] } })
    assert.deepEqual([status, JSON.parse(stdout.toString())], [0, { messages: COUNT, proven: COUNT, bad: 0, faults: [] }])
  })

  it('passes over empty lines, counts them, and does not take nothing for proven', async () => {
    const { verdict } = await verified(['', lines[0]!, '', `${lines[1]!}\r`, 'x'])
    assert.deepEqual([verdict.proven, verdict.faults.map(({ line }: any) => line)], [2, [5]])
    const { code, error } = await verified(['', ''])
    assert.deepEqual([code, error.code], [1, 'NOT_PROVEN'])
  })

  it('is not stopped by lines of any length or number', async () => {
    const long = `{"a":"${'x'.repeat(LINE_BYTES_MAX)}"}`, { code, verdict } = await verified([long, lines[0]!, ...Array<string>(FAULTS_TOLD_MAX + 5).fill('{}')])
    assert.deepEqual([code, verdict.proven, verdict.bad, verdict.faults.length], [1, 1, FAULTS_TOLD_MAX + 6, FAULTS_TOLD_MAX])
    assert.deepEqual(verdict.faults[0], { line: 1, code: 'NO_MESSAGE', message: 'this is no message in its envelope' })
  })

  it('says in a sentence what it lacks', async () => {
    for (const [argv, message] of [
      [[document(lines)], /By whose key/], [[join(folder, 'none'), '--keys', keys], /messages cannot be read: ENOENT/], [[document(lines), '--keys', join(folder, 'none')], /key cannot be read/],
      [[document(lines), '--key', document(['{}'])], /holds no key/], [[folder, '--keys', keys], /messages cannot be read: EISDIR/], [['--keys', keys], /FILE/], [[document(lines), '--url', 'x:'], /URL is wrong/],
    ] as const) {
      const { code, err } = await sluice(['verify', ...argv])
      assert.equal(code, 2, err)
      assert.match(err, message)
    }
    assert.equal((await sluice(['verify', document(lines), '--url', 'http://127.0.0.1:1'])).code, 1)
  })
})
