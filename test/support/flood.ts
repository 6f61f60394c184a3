// A device that floods its stream: each report says by its temperature which one it is.
import { setTimeout as delay } from 'node:timers/promises'
import type { MqttClient } from 'mqtt'
import type { PartyKey, Running } from '#test/support/running.ts'

export interface FloodedStream {
  readonly streamId: string
  readonly device: MqttClient
  /** Sends the reports of these numbers, the last of them acknowledged. */
  readonly flood: (from: number, to: number) => Promise<void>
}

const TOPIC = 'zigbee2mqtt/k'

export async function floodedStream(running: Running, owner: PartyKey): Promise<FloodedStream> {
  const source = await running.pair(owner), device = await running.device(source)
  await device.publishAsync(TOPIC, climate(0), { qos: 1 })
  const { streamId } = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
  const flood = async (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      device.publish(TOPIC, climate(n), { qos: 0 })
      if (n % 200 === 0) await delay(0)
    }
    await device.publishAsync(TOPIC, climate(to), { qos: 1 })
  }
  return { streamId, device, flood }
}

export function climate(n: number): string { return JSON.stringify({ temperature: 10 + n / 1e6, humidity: 44.4 }) }

/** Of a delivered entity: which report it was. */
export function numberIn(content: { readonly temperature: { readonly value: number } }): number { return Math.round((content.temperature.value - 10) * 1e6) }
