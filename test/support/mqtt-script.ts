// A little language for exchanges of bytes with an MQTT server, so that what a standard says can stand beside what is sent and answered.
import assert from 'node:assert/strict'
import { PASSWORD, type Edge, type Peer } from '#test/support/mqtt-edge.ts'

export type Level = 4 | 5

/**
 * Bytes from a text: hex; "…" UTF-8 behind its length; '…' UTF-8; [ … ] a packet, whose remaining length goes behind its first byte; { … }
 * properties, behind their length, and nothing before MQTT 5; NAME one of the names below, or of `names`.
 */
export function bytesOf(text: string, level: Level, names: Readonly<Record<string, string>> = {}): Buffer {
  const tokens = text.match(/"[^"]*"|'[^']*'|[[\]{}]|[A-Z][A-Z0-9]*|[0-9a-f]+/g) ?? []
  return read(tokens.values(), level, { ...NAMES, ...names })
}

const NAMES: Readonly<Record<string, string>> = {
  USER: `"home" "${PASSWORD}"`, PING: 'c000', PONG: 'd000', BYE: 'e000',
  /** What we tell a client of MQTT 5 when it comes: how many aliases it may use, how many publishes it may send ahead. */
  OURS: '22 0040', AHEAD: '21 0400',
}

function read(tokens: Iterator<string>, level: Level, names: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  for (let { value: token, done } = tokens.next(); !done && token !== ']' && token !== '}'; { value: token, done } = tokens.next()) parts.push(one(token as string, tokens, level, names))
  return Buffer.concat(parts)
}

function one(token: string, tokens: Iterator<string>, level: Level, names: Readonly<Record<string, string>>): Buffer {
  if (token === '[') { const inner = read(tokens, level, names); return Buffer.concat([inner.subarray(0, 1), variable(inner.length - 1), inner.subarray(1)]) }
  if (token === '{') { const inner = read(tokens, level, names); return level === 5 ? Buffer.concat([variable(inner.length), inner]) : Buffer.alloc(0) }
  if (token.startsWith('"')) { const inner = Buffer.from(token.slice(1, -1)); return Buffer.concat([Buffer.from([inner.length >> 8, inner.length & 0xff]), inner]) }
  if (token.startsWith("'")) return Buffer.from(token.slice(1, -1))
  if (!/^[A-Z]/.test(token)) return Buffer.from(token, 'hex')
  assert.ok(names[token], token)
  return bytesOf(names[token], level, names)
}

function variable(length: number): Buffer { return Buffer.from(length < 128 ? [length] : [length & 0x7f | 0x80, length >> 7]) }

interface Party { peer: Peer, at: number }

/**
 * Runs steps that are divided by `;`, each of which begins with the letter of a party: `A+` comes, says the CONNECT that is usual and is let in;
 * `A+ …` comes and says these bytes; `A> …` says them; `A< …` is told exactly them, next; `A~` has been told no more (a ping comes back
 * at once); `A!` is closed, and was told no more; `A-` goes without a word.
 */
export async function runScript(edge: Edge, script: string, level: Level): Promise<void> {
  const parties = new Map<string, Party>()
  for (const step of script.split(';').map(text => text.trim()).filter(text => text !== '')) await run(edge, parties, step, level)
}

async function run(edge: Edge, parties: Map<string, Party>, step: string, level: Level): Promise<void> {
  const name = step[0]!, act = step[1]!, rest = step.slice(2).trim(), say = (text: string) => bytesOf(text, level, { LEVEL: `0${level}`, ID: `"${name}"`, OK: level === 5 ? '[20 0000 { OURS AHEAD }]' : '20020000' })
  if (act === '+') {
    const peer = await edge.peer()
    parties.set(name, { peer, at: 0 })
    peer.send(say(rest || '[10 "MQTT" LEVEL c2 003c {} ID USER]'))
    if (rest === '') await expect(parties.get(name)!, say('OK'), step)
    return
  }
  const party = parties.get(name)!
  if (act === '>') party.peer.send(say(rest))
  else if (act === '<') await expect(party, say(rest), step)
  else if (act === '~') { party.peer.send(say('PING')); await expect(party, say('PONG'), step) }
  else if (act === '-') party.peer.socket.destroy()
  else if (act === '!') { const all = await party.peer.closed(); assert.equal(all.slice(2 * party.at), '', step) } else assert.fail(step)
}

async function expect(party: Party, bytes: Buffer, step: string): Promise<void> {
  const end = party.at + bytes.length
  await party.peer.until(({ length }) => length >= end).catch(error => assert.fail(`${step}: ${String(error)}`))
  assert.equal(party.peer.received.toString('hex', party.at, end), bytes.toString('hex'), step)
  party.at = end
}
