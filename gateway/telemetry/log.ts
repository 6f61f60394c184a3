// The log: one line per change of state, none per message, never a payload or a secret.
import { pino, type Logger } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Lines of JSON on stderr: stdout belongs to what was asked for. */
export function makeLog(level: LogLevel): Log {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: ['key', 'password', 'authorization', 'apiKey', '*.key', '*.password', '*.authorization'] }, pino.destination({ dest: 2, sync: true }))
}
