// Whether the ports are free, or this data directory's own gateway has them.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fault, ok, type Answer, type Check, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { ask } from '#cli/doctor/reach.ts'
import type { Config } from '#gateway/config/config.ts'

interface Listener {
  readonly scheme: 'mqtt' | 'mqtts' | 'http'
  /** Undefined where it is not wanted. */
  readonly numberIn: (config: Config) => number | undefined
  readonly otherwise: string
}

const MQTT: Listener = { scheme: 'mqtt', numberIn: ({ mqttPort }) => mqttPort, otherwise: 'mqttPort (SLUICE_MQTT_PORT, --mqtt-port)' }
const MQTTS: Listener = { scheme: 'mqtts', numberIn: ({ mqtts }) => mqtts?.port, otherwise: 'mqtts.port (SLUICE_MQTTS_PORT)' }
const HTTP: Listener = { scheme: 'http', numberIn: ({ httpPort }) => httpPort, otherwise: 'httpPort (SLUICE_HTTP_PORT, --http-port)' }

export const PORT_CHECKS: readonly Check[] = [
  { name: 'MQTT port', asksOthers: true, run: facts => port(facts, MQTT) },
  { name: 'MQTT over TLS port', asksOthers: true, run: facts => port(facts, MQTTS) },
  { name: 'HTTP port', asksOthers: true, run: facts => port(facts, HTTP) },
]

async function port({ config, isHeld, run }: Facts, listener: Listener): Promise<Answer> {
  const { host } = config, number = listener.numberIn(config)
  if (number === undefined) return []
  if (number === 0) return ok('a free one is taken at the start')
  const url = run?.[listener.scheme], isOurs = isHeld && url !== undefined && portOf(url) === number
  if (isOurs) return ok(`${number} is taken by the gateway that runs on this data directory`)
  try {
    await listenOnce(host, number)
    return ok(`${number} is free at ${host}`)
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException, host, number, listener)
  }
}

/** By its scheme a URL leaves out the port that it has by default. */
function portOf(url: string): number { return Number(/:(\d+)\/?$/.exec(url)?.[1] ?? 80) }

async function listenOnce(host: string, number: number): Promise<void> {
  const server = createServer().listen({ host, port: number, exclusive: true })
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

async function unusable(error: NodeJS.ErrnoException, host: string, number: number, { scheme, otherwise }: Listener): Promise<Finding> {
  if (error.code === 'EADDRINUSE') {
    const isAnother = scheme === 'http' && await isSluice(host, number)
    const who = isAnother ? 'a Sluice gateway that runs on another data directory' : 'another program'
    const remedy = `Stop that (\`ss -ltnp 'sport = :${number}'\` names it), or choose another by ${otherwise}.`
    return fault(`Port ${number} is taken by ${who}`, remedy)
  }
  if (error.code === 'EACCES') return fault(`Port ${number} may not be used by this account`, `Choose one above 1023 by ${otherwise}.`)
  return fault(`There is no listening at ${host} (${error.code ?? error.message})`, HOST_REMEDY)
}

const HOST_REMEDY = 'Correct host (SLUICE_HOST, --host): an address of this machine; 127.0.0.1 for this machine only, 0.0.0.0 for all.'

async function isSluice(host: string, number: number): Promise<boolean> {
  try {
    const { body } = await ask(new URL(`http://${host.includes(':') ? `[${host}]` : host}:${number}/openapi.json`))
    return /"title": ?"Sluice/.test(body)
  } catch { return false }
}
