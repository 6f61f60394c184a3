// The system calls of a gateway, in their order: no PUBACK is written before an fdatasync that began after its reading was written has returned.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { skippedFor, type Fault, type Outcome } from '#test/chaos/fault.ts'
import { Home, readingOf, TOPIC } from '#test/chaos/home.ts'
import { traced } from '#test/chaos/trace.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const READINGS = 2_000, BURST = 50

interface Counts { acknowledged: number, early: number, unknown: number, syncs: number }

async function run(): Promise<Outcome> {
  if (spawnSync('strace', ['-V']).status !== 0) return skippedFor('strace is not installed (Debian: strace)')
  const folder = temporaryFolder(), home = await Home.open(join(folder, 'data')), trace = join(folder, 'trace')
  try {
    const tracer = await traced(home.gateway.child.pid!, trace)
    if (!tracer) return skippedFor('strace may not attach to a process here')
    const numbers = await publishAll(home)
    await tracer.stop()
    const calls = readFileSync(trace, 'latin1'), counts = judge(calls, numbers), missing = numbers.size - counts.acknowledged
    const withoutSyncs = judge(calls.replaceAll('fdatasync', 'fsync'), numbers), isBlind = withoutSyncs.early !== withoutSyncs.acknowledged
    const figures = { readings: numbers.size, ...counts, earlyWereThereNoSyncs: withoutSyncs.early }
    return { failed: counts.early + counts.unknown + Math.abs(missing) + Number(isBlind), figures }
  } finally { await home.close() }
}

/** Publishes in bursts of different sizes; gives the number of the reading behind each packet id. */
async function publishAll(home: Home): Promise<ReadonlyMap<number, number>> {
  const client = await home.device(), numbers = new Map<number, number>()
  client.on('packetsend', packet => { if (packet.cmd === 'publish') numbers.set(packet.messageId!, (JSON.parse(String(packet.payload)) as { n: number }).n) })
  for (let n = 1; n <= READINGS;) {
    const burst = Array.from({ length: Math.min(1 + n % BURST, READINGS - n + 1) }, () => client.publishAsync(TOPIC, readingOf(n, { n: n++ }), { qos: 1 }))
    await Promise.all(burst)
  }
  await client.endAsync()
  await delay(200)
  return numbers
}

/** Goes through the calls in the order in which they were seen. What a thread began and had not finished is in two lines. */
function judge(trace: string, numbers: ReadonlyMap<number, number>): Counts {
  const written = new Set<number>(), durable = new Set<number>(), begun = new Map<string, { readonly call: string, readonly text: string, readonly syncing: readonly number[] }>()
  const counts: Counts = { acknowledged: 0, early: 0, unknown: 0, syncs: 0 }
  const end = (call: string, text: string, syncing: readonly number[]): void => {
    if (call === 'fdatasync' && text.endsWith('= 0')) { counts.syncs++; for (const n of syncing) durable.add(n) }
    if (call === 'pwrite64') for (const [, degrees] of text.matchAll(/\\"value\\":(\d+(?:\.\d+)?),\\"unitCode\\":\\"CEL/g)) written.add(Math.round((Number(degrees) - 10) * 1e6))
  }
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [], [, resumed] = /^<\.\.\. (\w+) resumed>/.exec(rest) ?? [], [, called] = /^(\w+)\(/.exec(rest) ?? []
    if (resumed) {
      const { text, syncing } = begun.get(thread) ?? { text: '', syncing: [] }
      end(resumed, text + rest, syncing)
    } else if (called) {
      const syncing = called === 'fdatasync' ? [...written] : []
      if (called === 'write' || called === 'writev' || called === 'sendto' || called === 'sendmsg') acknowledge(rest, numbers, durable, counts)
      if (rest.endsWith('<unfinished ...>')) begun.set(thread, { call: called, text: rest, syncing })
      else end(called, rest, syncing)
    }
  }
  return counts
}

/** PUBACK is 40 02 and the packet id (MQTT 3.1.1 §3.4); on a socket nothing else is written that long and of these alone. */
function acknowledge(text: string, numbers: ReadonlyMap<number, number>, durable: ReadonlySet<number>, counts: Counts): void {
  const bytes = Buffer.concat([...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, escaped]) => unescaped(escaped!)))
  if (bytes.length === 0 || bytes.length % 4 !== 0) return
  for (let at = 0; at < bytes.length; at += 4) if (bytes[at] !== 0x40 || bytes[at + 1] !== 2) return
  for (let at = 0; at < bytes.length; at += 4) {
    const number = numbers.get(bytes.readUInt16BE(at + 2))
    counts.acknowledged++
    if (number === undefined) counts.unknown++
    else if (!durable.has(number)) counts.early++
  }
}

const LETTERS: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, b: 8 }

/** A string as strace writes it: `\n`, `\"`, `\\` and octal numbers. */
function unescaped(text: string): Buffer {
  return Buffer.from(text.replace(/\\([0-7]{1,3}|.)/g, (_all, code: string) => String.fromCharCode(/^[0-7]/.test(code) ? parseInt(code, 8) : LETTERS[code] ?? code.charCodeAt(0))), 'latin1')
}

export const ackOrder: Fault = { name: 'ack-order', about: 'by the system calls of the gateway: PUBACKs that left before their fdatasync returned', run }
