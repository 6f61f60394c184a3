// The process of a gateway: options in, ready line out, stop on a signal. No logic.
import { setFlagsFromString } from 'node:v8'
import { readConfig, type Config, type GivenOptions } from '#gateway/config/config.ts'
import { GatewayError } from '#gateway/errors.ts'
import { Gateway, type Running } from '#gateway/gateway.ts'
import { conformanceServer } from '#gateway/mqtt/conformance.ts'
import { CertificateError } from '#gateway/mqtt/listeners/certificate-files.ts'

/** What cannot be stopped in time is ended. */
const STOP_MS_MAX = 10_000

/**
 * V8 makes objects old at birth where it saw that such objects lived. Messages live long while they wait for a disk, and hardly at all when
 * they do not: made old, they have to be looked for in the whole heap, several times a second, which cost more than all that is done with them.
 */
const EACH_BORN_YOUNG = '--no-allocation-site-pretenuring'

export interface ServeOptions extends GivenOptions {
  readonly configFile?: string
  /** A plain broker for protocol suites, beside the gateway. Left out: none. */
  readonly conformancePort?: number
  /** Told once, when devices and subscribers can connect. `data` is the data directory. */
  readonly onReady: (running: Running & { readonly data: string, readonly conformance: string | undefined }) => void
}

/** Runs a gateway until SIGTERM or SIGINT. Throws GatewayError where it cannot start, and says what to do. */
export async function serve({ configFile, conformancePort, onReady, ...given }: ServeOptions): Promise<void> {
  setFlagsFromString(EACH_BORN_YOUNG)
  const config = await readConfig({ given, file: configFile, environment: process.env })
  const gateway = make(config)
  if (conformancePort !== undefined) assertUnused(gateway, config.data)
  const stopped = untilSignal(), conformance = conformancePort === undefined ? undefined : conformanceServer(conformancePort)
  const stop = (): Promise<unknown> => Promise.all([conformance?.stop(0), gateway.stop()])
  try {
    const running = await gateway.start(), address = await conformance?.start()
    onReady({ ...running, conformance: address && `mqtt://127.0.0.1:${address.port}`, data: config.data })
  } catch (error) {
    await stop().catch(() => {}) // what listens already would keep the process; what went wrong first is what is told
    explain(error as SystemError)
  }
  await stopped
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref()
  await stop()
}

function make(config: Config): Gateway {
  try { return new Gateway(config) } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new GatewayError('BAD_REQUEST', `${error.message}. Correct the settings of mqtts, or make a certificate to try with: sluice certificate trial.`, { cause: error })
  }
}

/** A broker that lets strangers in has no place beside people's data, though it reads none of it. */
function assertUnused(gateway: Gateway, data: string): void {
  if (!gateway.isUnused) throw new GatewayError('CONFLICT', `There are accounts in ${data}: a conformance listener is for a new data directory, which --data names.`)
}

function untilSignal(): Promise<void> {
  return new Promise(done => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done())
  })
}

type SystemError = NodeJS.ErrnoException & { port?: number, address?: string, hostname?: string }

function explain(error: SystemError): never {
  if (error.code === 'EADDRINUSE') throw new GatewayError('UNAVAILABLE', `Port ${error.port} is taken: choose another with --mqtt-port, --http-port or mqtts.port (0 takes a free one).`, { cause: error })
  if (error.code === 'EACCES') throw new GatewayError('UNAVAILABLE', `Port ${error.port} may not be used by this account: choose one above 1023 with --mqtt-port, --http-port or mqtts.port.`, { cause: error })
  if (error.code === 'EADDRNOTAVAIL') throw new GatewayError('UNAVAILABLE', `This machine has no address ${error.address}: choose another with --host.`, { cause: error })
  if (error.code === 'ENOTFOUND') throw new GatewayError('UNAVAILABLE', `There is no host ${error.hostname}: choose another with --host.`, { cause: error })
  throw error
}
