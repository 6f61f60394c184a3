// The chart of a run: for each scenario a bar for each pipeline, its length by the logarithm of the CPU time that a message takes.
//   node benchmarks/report/chart.ts RESULTS.json CHART.svg
import { readFileSync, writeFileSync } from 'node:fs'
import type { Result } from '#benchmarks/measure.ts'
import type { Report } from '#benchmarks/report/report.ts'

const WIDTH = 900, LEFT = 200, RIGHT = 150, ROW = 20, GAP = 34, TOP = 58
const LEAST = 0.1
const COLOURS = { own: '#0b7285', doing: '#ced4da', forwarding: '#e9ecef', spread: '#495057', text: '#212529', quiet: '#868e96' }

export function writeChart(report: Report, path: string): void { writeFileSync(path, chartOf(report)) }

export function chartOf({ results, ratios, machine, rounds, seconds }: Report): string {
  const most = Math.max(1, ...results.map(({ cpu }) => cpu.max)), parts: string[] = []
  const x = (figure: number): number => LEFT + (WIDTH - LEFT - RIGHT) * Math.log(Math.max(figure, LEAST) / LEAST) / Math.log(most / LEAST)
  let y = TOP
  for (const [scenario, all] of Object.entries(Object.groupBy(results, ({ scenario }) => scenario))) {
    parts.push(text(8, y + 14, scenario, { weight: 600 }))
    y += 22
    for (const [n, result] of all!.entries()) {
      parts.push(bar(result, n === 0, y, x, ratios[scenario]?.[result.pipeline]))
      y += ROW
    }
    y += GAP - 20
  }
  const heading = [
    text(
      8, 22, 'CPU-microseconds a message, all processes of a pipeline together (logarithmic; shorter is better)', { size: 14, weight: 600 }
    ),
    text(
      8, 40,
      `medians of ${rounds} interleaved rounds of ${seconds} s, with their least and most · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${machine.at.slice(0, 10)}`,
      { fill: COLOURS.quiet }
    ),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 8}" font-family="system-ui, sans-serif" role="img">\n<rect width="100%" height="100%" fill="#fff"/>\n${[...heading, ...parts].join('\n')}\n</svg>\n`
}

function bar(
  { pipeline, cpu, isForwarding, faults }: Result, isOwn: boolean, y: number, x: (figure: number) => number, ratio: number | undefined
): string {
  const fill = isOwn ? COLOURS.own : isForwarding ? COLOURS.forwarding : COLOURS.doing, middle = y + ROW / 2 - 2
  const isVoid = Object.keys(faults).length > 0
  const figure = `${cpu.median < 10 ? cpu.median.toFixed(2) : cpu.median.toFixed(0)} µs${isVoid ? ' (void)' : ratio === undefined ? '' : ` · ${ratio < 10 ? Number(ratio.toPrecision(2)) : ratio.toFixed(0)} ×`}`
  return [
    text(LEFT - 8, middle + 4, `${pipeline}${isForwarding && !/forwards|relay/.test(pipeline) ? ' (forwards)' : ''}`, { anchor: 'end' }),
    `<rect x="${LEFT}" y="${y}" width="${round(x(cpu.median) - LEFT)}" height="${ROW - 4}" fill="${fill}"/>`,
    `<line x1="${round(x(cpu.min))}" x2="${round(x(cpu.max))}" y1="${middle}" y2="${middle}" stroke="${COLOURS.spread}"/>`,
    text(round(x(cpu.max)) + 8, middle + 4, figure),
  ].join('')
}

interface Style { readonly size?: number, readonly weight?: number, readonly anchor?: string, readonly fill?: string }
function text(x: number, y: number, words: string, { size = 12, weight = 400, anchor = 'start', fill = COLOURS.text }: Style = {}): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${words.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</text>`
}

const round = (figure: number): number => Math.round(10 * figure) / 10

if (import.meta.main) writeChart(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Report, process.argv[3]!)
