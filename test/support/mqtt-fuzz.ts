// Reads mutated packets as a connection would: frames first, then what is in them.
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import { readAcknowledgement, readConnect, readDisconnect, readPublish, readSubscribe, readUnsubscribe, TYPE, type Version } from '#gateway/mqtt/codec/packets.ts'
import { Refusal, Violation } from '#gateway/mqtt/codec/reason.ts'
import { Frames, type Frame } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { diceOf, mutantOf, seedsOf } from '#test/support/mqtt-mutants.ts'

const VERSIONS = [3, 4, 5] as const
const CODES: ReadonlySet<number> = new Set([0, 0x80])
const BEFORE = rangesBeforeConnect(MQTT_LIMITS)
const AFTER = { 3: rangesAfterConnect(MQTT_LIMITS, 3), 4: rangesAfterConnect(MQTT_LIMITS, 4), 5: rangesAfterConnect(MQTT_LIMITS, 5) }

export interface FuzzCounts { taken: number, refused: number, unfinished: number }

/** Throws an Error with the seed and the bytes at the first packet that makes anything be thrown but a Violation or a Refusal. */
export function fuzzCodec(count: number, seed: number): FuzzCounts {
  const dice = diceOf(seed), seeds = { 3: seedsOf(3), 4: seedsOf(4), 5: seedsOf(5) }, counts: FuzzCounts = { taken: 0, refused: 0, unfinished: 0 }
  for (let number = 0; number < count; number++) {
    const version = VERSIONS[number % 3]!, bytes = mutantOf(seeds[version], dice)
    try {
      counts[readAll(bytes, version)]++
    } catch (error) {
      if (!(error instanceof Violation || error instanceof Refusal)) throw new Error(`seed ${seed}, packet ${number}, MQTT ${version}: ${bytes.toString('hex')}`, { cause: error })
      counts.refused++
    }
  }
  return counts
}

function readAll(bytes: Buffer, version: Version): 'taken' | 'unfinished' {
  const frames = new Frames(bytes[0]! >> 4 === TYPE.CONNECT ? BEFORE : AFTER[version])
  frames.add(bytes)
  let isTaken = false
  for (let frame = frames.next(); frame; frame = frames.next()) {
    readOne(frame, version)
    isTaken = true
  }
  return isTaken ? 'taken' : 'unfinished'
}

function readOne(frame: Frame, version: Version): void {
  switch (frame.bytes[frame.start]! >> 4) {
    case TYPE.CONNECT: readConnect(frame); break
    case TYPE.PUBLISH: readPublish(frame, version, 0); break
    case TYPE.PUBACK: case TYPE.PUBREC: case TYPE.PUBREL: case TYPE.PUBCOMP: readAcknowledgement(frame, version, CODES); break
    case TYPE.SUBSCRIBE: readSubscribe(frame, version); break
    case TYPE.UNSUBSCRIBE: readUnsubscribe(frame, version); break
    case TYPE.DISCONNECT: readDisconnect(frame, version); break
  }
}
