// What is logged, changed while the gateway runs: for whoever looks for something, until the next start.
import type { Call } from '#gateway/api/handler.ts'
import type { LogLevel } from '#gateway/telemetry/log.ts'

export interface LogLevelView { readonly level: LogLevel }

export function getLogLevel({ services }: Call): LogLevelView {
  return { level: services.logLevel.get() }
}

export function setLogLevel({ services, party, body: { level } }: Call<LogLevelView>): LogLevelView {
  services.logLevel.set(level, party.id)
  return { level }
}
