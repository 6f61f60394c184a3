// serve: a gateway in this process, until it is told to stop.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { serve as serveGateway } from '#gateway/main.ts'

/** The operator key is told on the first start only, and only to a program that asked for JSON or to a person at a terminal: not to a log. */
export async function serve(input: Input, io: Io): Promise<void> {
  await serveGateway({
    data: input.text('data'), mqttPort: input.number('mqtt-port'), httpPort: input.number('http-port'), host: input.text('host'), configFile: input.text('config'),
    conformancePort: input.number('conformance-port'),
    onReady({ mqtt, mqtts, http, conformance, operatorKey, data }) {
      const key = io.isJson || process.stdout.isTTY ? operatorKey : undefined
      if (io.isJson) return io.print(JSON.stringify({ ready: true, mqtt, mqtts, http, conformance, operatorKey: key }))
      io.print(`Ready. Devices connect to ${[mqtt, mqtts].filter(url => url !== undefined).join(' or ')}, the API and live streams are at ${http}.`)
      if (conformance !== undefined) io.print(`Whoever connects to ${conformance} is let in: it is for protocol suites.`)
      if (operatorKey !== undefined) io.print(`The operator key is in ${data}/operator.key${key === undefined ? '' : `: ${key}`}`)
    },
  })
}
