// The pipeline that one would build first: Mosquitto, and beside it a program with mqtt.js and ajv that does the same job.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import type { Pipeline } from '#benchmarks/pipelines/pipeline.ts'
import { firstLine, freePort, start, stop } from '#benchmarks/process.ts'

export const MOSQUITTO = ['/usr/sbin/mosquitto', 'mosquitto'].find(path => spawnSync(path, ['-h']).error === undefined)

export async function startMqttJsAjv(qos: 0 | 1): Promise<Pipeline> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-')), port = await freePort(), configuration = join(folder, 'mosquitto.conf')
  // Its queue limits are lifted, so that it loses nothing that the other pipeline would keep.
  await writeFile(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\nlog_type error\n`)
  const broker = start(MOSQUITTO!, ['-c', configuration])
  await delay(500)
  const program = start(process.execPath, ['benchmarks/peers/mqttjs-ajv.ts', String(port), String(qos)])
  await firstLine(program)
  return {
    name: 'mqtt.js + ajv on Mosquitto', pids: [broker.pid!, program.pid!],
    async attach(load) {
      const subscriber = await connectAsync(`mqtt://127.0.0.1:${port}`)
      subscriber.on('message', (_topic, payload) => load.take(payload.toString()))
      await subscriber.subscribeAsync('obs/#', { qos })
      await load.connect([{ port }])
    },
    async stop() {
      await stop(program)
      await stop(broker)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
