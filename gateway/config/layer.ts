// One place that settings come from: what it says, and where in it each word stands.

export const ORIGINS = ['default', 'file', 'environment', 'command line'] as const
/** Each wins over those before it. */
export type Origin = (typeof ORIGINS)[number]

/** Where a fault is. `line` and `column` count from 1. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** A variable of the environment. */
  readonly variable?: string
  /** An option of the command line. */
  readonly option?: string
}

export interface Fault extends Place {
  /** The setting, such as `history.url`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly remedy: string
}

export interface Layer {
  readonly origin: Origin
  /** Nested as in the file, and not yet checked. */
  readonly written: unknown
  /** Where a path stands: its value, or its name. */
  readonly placeOf: (path: readonly string[], part: 'value' | 'name') => Place
  /** What is wrong with it as a text, whatever it says. */
  readonly faults: readonly Fault[]
}

/** A fault on one line, for a log or a terminal: `sluice.yml:3:11: mqttPort is 70000, … Give a smaller number.` */
export function faultText({ file, line, column, variable, option, message, remedy }: Fault): string {
  const place = variable ?? option ?? [file, line, column].filter(part => part !== undefined).join(':')
  return `${place === '' ? '' : `${place}: `}${message} ${remedy}`
}
