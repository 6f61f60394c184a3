// The process of a gateway: options in, ready line out, stop on a signal. No logic.
import { readConfig, type GivenOptions } from '#gateway/config/config.ts'
import { GatewayError } from '#gateway/errors.ts'
import { Gateway, type Running } from '#gateway/gateway.ts'

/** What cannot be stopped in time is ended. */
const STOP_MS_MAX = 10_000

export interface ServeOptions extends GivenOptions {
  readonly configFile?: string
  /** Told once, when devices and subscribers can connect. `data` is the data directory. */
  readonly onReady: (running: Running & { readonly data: string }) => void
}

/** Runs a gateway until SIGTERM or SIGINT. Throws GatewayError where it cannot start, and says what to do. */
export async function serve({ configFile, onReady, ...given }: ServeOptions): Promise<void> {
  const config = await readConfig({ given, file: configFile, environment: process.env })
  const gateway = new Gateway(config)
  const stopped = untilSignal()
  onReady({ ...await gateway.start().catch(explain), data: config.data })
  await stopped
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref()
  await gateway.stop()
}

function untilSignal(): Promise<void> {
  return new Promise(done => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done())
  })
}

function explain(error: NodeJS.ErrnoException & { port?: number, address?: string, hostname?: string }): never {
  if (error.code === 'EADDRINUSE') throw new GatewayError('UNAVAILABLE', `Port ${error.port} is taken: choose another with --mqtt-port or --http-port (0 takes a free one).`, { cause: error })
  if (error.code === 'EACCES') throw new GatewayError('UNAVAILABLE', `Port ${error.port} may not be used by this account: choose one above 1023 with --mqtt-port or --http-port.`, { cause: error })
  if (error.code === 'EADDRNOTAVAIL') throw new GatewayError('UNAVAILABLE', `This machine has no address ${error.address}: choose another with --host.`, { cause: error })
  if (error.code === 'ENOTFOUND') throw new GatewayError('UNAVAILABLE', `There is no host ${error.hostname}: choose another with --host.`, { cause: error })
  throw error
}
