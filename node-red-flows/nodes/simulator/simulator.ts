// sluice-simulator: a virtual sensor that speaks real MQTT, for flows and demonstrations without hardware.
import { GatewayError } from '../../lib/gateway-error.ts'
import { define, fail, onInput, type Host } from '../../lib/node.ts'
import { formatRate } from '../../lib/rate.ts'
import { isRecord } from '../../lib/record.ts'
import type { Message, Red } from '../../lib/red.ts'
import { sensorOf } from '../../lib/sensors.ts'
import { asText, choice, evaluated, flag, number } from '../../lib/settings.ts'
import { Simulation } from '../../lib/simulation.ts'

const RATE_PER_S = { fallback: 1, min: 0.001, max: 1000 }
const SEED = { fallback: 1, min: 0, max: 2 ** 32 - 1 }

interface Access { readonly mqtt: string, readonly username: string, readonly password: string }

function register(RED: Red): void {
  define(RED, 'sluice-simulator', host => {
    const simulator = new Simulator(host)
    onInput(host, message => simulator.obey(message))
    if (flag(host.config, 'autoStart')) void simulator.start().catch((error: unknown) => fail(host, error, {}))
    return () => simulator.stop()
  }, { credentials: { password: { type: 'password' } } })
}

class Simulator {
  readonly #host: Host
  #simulation: Simulation | undefined

  constructor(host: Host) { this.#host = host }

  /** `start`, `stop`, true, false, or what pairing gave. */
  async obey({ payload }: Message): Promise<void> {
    if (payload === 'stop' || payload === false) return this.#end()
    if (payload === 'start' || payload === true) return this.start()
    if (isAccess(payload)) return this.start(payload)
    throw new GatewayError('BAD_REQUEST', 'msg.payload is `start`, `stop`, or what sluice-pair gives.')
  }

  /** In place of what runs already. */
  async start(given?: Access): Promise<void> {
    const access = given ?? await this.#access(), { config, closed } = this.#host
    if (closed.aborted) return
    this.stop()
    const rate = number(config, 'rate', RATE_PER_S), seed = number(config, 'seed', SEED)
    this.#simulation = new Simulation({
      ...access, rate, sensor: sensorOf(choice(config, 'dialect', ['zigbee2mqtt', 'tasmota', 'senml']), Math.floor(seed)),
      onState: state => this.#show(state, rate), onRefused: error => fail(this.#host, error, {}),
    })
  }

  stop(): void {
    this.#simulation?.stop()
    this.#simulation = undefined
  }

  #end(): void {
    this.stop()
    this.#host.node.status({ fill: 'grey', shape: 'ring', text: this.#host.translate('status.stopped') })
  }

  async #access(): Promise<Access> {
    const { RED, node, config } = this.#host
    const read = async (name: string): Promise<string> => asText(await evaluated(RED, node, config, name) ?? '', name)
    const access = { mqtt: await read('mqtt'), username: await read('username'), password: node.credentials?.['password'] ?? '' }
    if (access.mqtt !== '' && access.username !== '') return access
    throw new GatewayError('BAD_REQUEST', 'The simulator needs a broker and a user name: pair a source first.')
  }

  #show(state: 'connecting' | 'connected', rate: number): void {
    const { RED, node, closed } = this.#host, text = RED._(`node-red:common.status.${state}`)
    if (closed.aborted) return
    if (state === 'connected') node.status({ fill: 'green', shape: 'dot', text: `${text} ${formatRate(rate)}` })
    else node.status({ fill: 'yellow', shape: 'ring', text })
  }
}

function isAccess(value: unknown): value is Access {
  return isRecord(value) && [value['mqtt'], value['username'], value['password']].every(text => typeof text === 'string')
}

export { register as default }
