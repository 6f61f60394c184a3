// What a gateway is told: options, environment, file and defaults, each winning over the next. Where a setting came from stays known.
import { configFileIn, environmentLayer, type Environment } from '#gateway/config/environment.ts'
import { faultText, type Layer } from '#gateway/config/layer.ts'
import { merge, type Merged } from '#gateway/config/merge.ts'
import { nested, valueAt } from '#gateway/config/settings.ts'
import type { ControllerConfig } from '#gateway/consent/notices/facts.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { ClientCertificates } from '#gateway/mqtt/listeners/tls.ts'
import type { LogLevel } from '#gateway/telemetry/log.ts'

/** On one line nobody reads more. */
const FAULTS_TOLD_MAX = 10

/** The InfluxDB 1.x that keeps what owners consent to have kept. */
export interface HistoryConfig {
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly passwordFile?: string
  /** How long, where a grant says nothing of it: ISO 8601. */
  readonly keep: string
}

/** MQTT over TLS. All files are PEM. */
export interface MqttsConfig {
  readonly port: number
  readonly certificateFile: string
  readonly keyFile: string
  /** Authorities of which a device's certificate has to come. */
  readonly clientCaFile?: string
  readonly clientCertificates?: ClientCertificates
}

export interface Config {
  readonly data: string
  readonly host: string
  readonly mqttPort: number
  readonly httpPort: number
  /** MQTT over WebSocket at the HTTP port. */
  readonly mqttWebSocket: boolean
  /** What one source may send over MQTT, over all its connections. */
  readonly sourcePacketsPerSecond: number
  readonly sourceBytesPerSecond: number
  /** Of the process' time, what messages of one source may take that the kernel does not take. */
  readonly sourceLongRoadPercent: number
  readonly mqtts?: MqttsConfig
  /** The platform's share of each usage record, in whole percent. */
  readonly platformPercent: number
  /** How long it rests, in milliseconds, where messages come one by one and thousands in a second. */
  readonly lingerMs: number
  /** A connection is reset when a consent that has fed it goes, so that the kernel does not send what it still has. */
  readonly resetOnWithdrawal: boolean
  readonly retentionDays: number
  readonly retentionBytes: number
  /** `host` or `host:port`: brokers that owners may bridge to. */
  readonly bridgeHosts: readonly string[]
  readonly history?: HistoryConfig
  readonly controller?: ControllerConfig
  readonly logLevel: LogLevel
}

/** Options that were given, by name; undefined ones count as not given. */
export type GivenOptions = { readonly [K in keyof Config]?: Config[K] }

export interface Sources {
  readonly given?: GivenOptions
  /** Wins over SLUICE_CONFIG. */
  readonly file?: string
  readonly environment?: Environment
}

export interface Settled extends Merged {
  /** Without what is wrong: there the next source counts, at last the default. */
  readonly config: Config
}

/** Reads everything that there is, and tells everything that is wrong with it. Never throws. */
export async function settle({ given = {}, file, environment = {} }: Sources): Promise<Settled> {
  const path = file ?? configFileIn(environment)
  // Most gateways have no file: they start without the parser.
  const layers = path === undefined ? [] : [(await import('#gateway/config/file.ts')).fileLayer(path)]
  return settled([...layers, environmentLayer(environment), optionsLayer(given)])
}

/** As `settle`, for those who can only go on when all is well. Throws BAD_REQUEST that names each fault and its remedy. */
export async function readConfig(sources: Sources): Promise<Config> { return sound(await settle(sources)) }

/** From the options given and the defaults, and nothing else. Throws as `readConfig` does. */
export function loadConfig(given: GivenOptions): Config { return sound(settled([optionsLayer(given)])) }

function sound({ config, faults }: Settled): Config {
  if (faults.length === 0) return config
  const told = faults.slice(0, FAULTS_TOLD_MAX).map(faultText), more = faults.length - told.length
  const rest = more > 0 ? ` And ${more} more: see \`sluice config check\`.` : ''
  throw new GatewayError('BAD_REQUEST', `The configuration is wrong. ${told.join(' ')}${rest}`)
}

function optionsLayer(given: GivenOptions): Layer {
  return {
    origin: 'command line', faults: [], written: nested(({ path }) => valueAt(given, path)),
    placeOf: path => ({ option: `--${path.join('-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}` }),
  }
}

function settled(layers: readonly Layer[]): Settled {
  const merged = merge(layers)
  return { ...merged, config: nested(({ name }) => merged.settings[name]?.value) as unknown as Config }
}
