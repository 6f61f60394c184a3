// What the editor saved of a node, read once and with limits: a flow may have been made by hand, or by an older editor.
import { GatewayError } from './gateway-error.ts'
import type { Message, Red, RedConfig, RedNode } from './red.ts'

export function text(config: RedConfig, name: string): string {
  const value = config[name]
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
}

export interface Range { readonly fallback: number, readonly min: number, readonly max: number }

/** A number in its range; the fallback where there is none. */
export function number(config: RedConfig, name: string, { fallback, min, max }: Range): number {
  const entered = text(config, name), value = Number(entered)
  return entered === '' || Number.isNaN(value) ? fallback : Math.min(max, Math.max(min, value))
}

/** One of the choices; the first where it is none of them. */
export function choice<const T extends string>(config: RedConfig, name: string, choices: readonly [T, ...T[]]): T {
  return choices.find(known => known === config[name]) ?? choices[0]
}

export function flag(config: RedConfig, name: string): boolean { return config[name] === true || config[name] === 'true' }

/** What stands between commas or on lines of its own, each once; also a list that is one already. */
export function list(value: unknown): readonly string[] {
  const parts = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(/[,\n]/) : []
  return [...new Set(parts.map(part => part.trim()).filter(part => part !== ''))]
}

/**
 * A property that can name a message property, a context store or an environment variable: `<name>Type` says which; a text where it says
 * nothing.
 */
export async function evaluated(RED: Red, node: RedNode, config: RedConfig, name: string, message?: Message): Promise<unknown> {
  const value = text(config, name), type = text(config, `${name}Type`) || 'str'
  if (type === 'str' || type === 'num' || (type === 'msg' && !message)) return value
  return new Promise((done, fail) => {
    RED.util.evaluateNodeProperty(value, type, node, message, (error, result) => {
      if (error) fail(new GatewayError('BAD_REQUEST', `${name}: ${error.message}`, { cause: error }))
      else done(result)
    })
  })
}

/** A text, or a number as one. Throws BAD_REQUEST for anything else. */
export function asText(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new GatewayError('BAD_REQUEST', `${name} has to be a text.`)
}
