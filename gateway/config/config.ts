// What a gateway can be told: the options of `serve`, checked, with their defaults. The only place that knows the defaults.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import schema from '#gateway/config/config.schema.json' with { type: 'json' }
import { GatewayError } from '#gateway/errors.ts'
import type { LogLevel } from '#gateway/telemetry/log.ts'

/** The InfluxDB 1.x that keeps what owners consent to have kept. */
export interface HistoryConfig {
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly passwordFile?: string
  /** How long, where a grant says nothing of it: ISO 8601. */
  readonly keep: string
}

export interface Config {
  readonly data: string
  readonly host: string
  readonly mqttPort: number
  readonly httpPort: number
  /** The platform's share of each usage record, in whole percent. */
  readonly platformPercent: number
  readonly retentionDays: number
  readonly retentionBytes: number
  /** `host` or `host:port`: brokers that owners may bridge to. */
  readonly bridgeHosts: readonly string[]
  readonly history?: HistoryConfig
  readonly logLevel: LogLevel
}

/** Options that were given, by name; undefined ones count as not given. */
export type GivenOptions = { readonly [K in keyof Config]?: Config[K] }

/**
 * The options given win over the file's, which win over the defaults of the schema.
 * Throws BAD_REQUEST that names each wrong setting.
 */
export function loadConfig(given: GivenOptions, file?: string): Config {
  const settings: Record<string, unknown> = { ...(file === undefined ? {} : readJson(file)) }
  for (const [name, value] of Object.entries(given)) if (value !== undefined) settings[name] = value
  const ajv = new Ajv2020({ useDefaults: true, allErrors: true, meta: false, validateSchema: false })
  if (!ajv.validate(schema, settings)) {
    const faults = (ajv.errors ?? []).map(({ instancePath, message, params }) => `${instancePath.slice(1) || 'configuration'} ${message}${'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : ''}`)
    throw new GatewayError('BAD_REQUEST', `The configuration is wrong: ${faults.join('; ')}.`)
  }
  return settings as unknown as Config
}

function readJson(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw new GatewayError('BAD_REQUEST', `The configuration file ${file} cannot be read as JSON: ${(error as Error).message}`)
  }
}
