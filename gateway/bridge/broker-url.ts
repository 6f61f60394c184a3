// Where a bridge may lead: brokers are named by owners, and allowed by the operator. Nothing else opens a connection from in here.
import { GatewayError } from '#gateway/errors.ts'

const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 }

export interface BrokerAddress {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
}

/** Throws BAD_REQUEST for what is no address of a broker. */
export function brokerAddress(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const port = url && PORTS[url.protocol]
  if (!url || port === undefined || url.hostname === '') throw bad(`${JSON.stringify(text.slice(0, 200))} is no broker: write mqtt://HOST[:PORT] or mqtts://HOST[:PORT].`)
  if (url.username !== '' || url.password !== '') throw bad('A broker\'s address holds no name or password: give them by themselves.')
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') throw bad('A broker\'s address ends behind its port.')
  return { host: url.hostname.replace(/^\[|\]$/g, '').toLowerCase(), port: url.port === '' ? port : Number(url.port), isTls: url.protocol === 'mqtts:' }
}

/** Throws FORBIDDEN unless the operator allows the broker: `host` for any port of it, or `host:port`. */
export function checkAllowed({ host, port }: BrokerAddress, allowed: readonly string[]): void {
  const written = host.includes(':') ? `[${host}]` : host
  if (allowed.some(entry => [written, host, `${written}:${port}`].includes(entry.toLowerCase()))) return
  throw new GatewayError('FORBIDDEN', `This gateway may not connect to ${written}:${port}: its operator allows brokers by bridgeHosts in the configuration (SLUICE_BRIDGE_HOSTS).`)
}

function bad(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }
