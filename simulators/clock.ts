// Time as the simulators see it: the real one, one that runs faster, or one that passes only when somebody waits.
import { setTimeout as realSleep } from 'node:timers/promises'

export interface Clock {
  /** Milliseconds since 1970 (UTC). */
  nowMs(): number
  /** Resolves when that time has come, or at once when the signal is aborted. Never rejects. */
  until(ms: number, signal?: AbortSignal): Promise<void>
}

/** The time of the machine, or one that begins elsewhere; with a factor, an hour of simulated life may pass in a minute. */
export function realClock(speedup = 1, startMs?: number): Clock {
  const begunMs = Date.now()
  return {
    nowMs: () => (startMs ?? begunMs) + (Date.now() - begunMs) * speedup,
    async until(ms, signal) {
      const waitMs = (ms - this.nowMs()) / speedup
      if (waitMs > 0) await realSleep(waitMs, undefined, { signal }).catch(() => undefined)
    },
  }
}

/** Jumps to whatever is waited for: a day of messages in a moment, and the same ones each time. */
export function virtualClock(startMs: number): Clock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    until(ms) {
      nowMs = Math.max(nowMs, ms)
      return Promise.resolve()
    },
  }
}
