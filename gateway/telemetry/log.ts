// The log: one line per change of state, none per message, never a payload or a secret.
import { pino, type Logger } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
/** One whose level can be changed. */
export type AdjustableLog = Log & Pick<Logger, 'level'>

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const SECRETS = ['key', 'password', 'authorization', 'apiKey', '*.key', '*.password', '*.authorization']

/** Lines of JSON on stderr: stdout belongs to what was asked for. */
export function makeLog(level: LogLevel): AdjustableLog {
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRETS }
  return pino(options, pino.destination({ dest: 2, sync: true }))
}

/** The level of a running log. A restart begins with that of the configuration. */
export class LogLevels {
  readonly #log: AdjustableLog
  constructor(log: AdjustableLog) { this.#log = log }

  get(): LogLevel { return this.#log.level as LogLevel }

  /** At once. The change is logged whatever the levels are: silence has to say since when it is. */
  set(level: LogLevel, party: string): void {
    const from = this.get()
    if (from === level) return
    this.#log.level = 'info'
    this.#log.info({ from, to: level, party }, 'Changed the log level')
    this.#log.level = level
  }
}
