// A peer for the fan-out: the job inside aedes, and for each subscriber its selection of attributes by JSON.stringify and ws.send.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PipelineMaker } from '#benchmarks/pipelines/pipeline.ts'
import { firstLine, start, stop } from '#benchmarks/process.ts'

/** `readers`: the attributes of each. */
export function wsSend(readers: readonly (readonly string[])[]): PipelineMaker {
  const name = 'ws.send'
  return {
    name, missing: () => undefined,
    async start({ devices, connections }) {
      const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-')), setting = join(folder, 'setting.json')
      const registry = Object.fromEntries(
        devices.map(({ topic, name, shape, isConsented }) => [topic, { shape: shape.name, name, isConsented }])
      )
      await writeFile(setting, JSON.stringify({ registry, readers }))
      const child = start(process.execPath, ['benchmarks/peers/ws-send.ts', setting]), [mqtt, http] = JSON.parse(await firstLine(child)) as [number, number]
      return {
        name, isForwarding: false, pids: [child.pid!], publishers: Array.from({ length: connections }, () => ({ port: mqtt })),
        readers: readers.map((granted, n) => ({ granted, connections: [{ port: http, path: `/${n}` }] })),
        async stop() {
          await stop(child)
          await rm(folder, { recursive: true, force: true })
        },
      }
    },
  }
}
