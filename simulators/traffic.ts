// All that a fleet says, in the order and at the times in which it says it: pure, without end, and the same for the same plan and start.
import { City } from '#simulators/city.ts'
import { FAMILIES, MODELS } from '#simulators/devices/catalogue.ts'
import type { Message, Report, Surroundings } from '#simulators/devices/device.ts'
import { Line, type Sending } from '#simulators/faults.ts'
import { Home } from '#simulators/home.ts'
import { Random, seedOf } from '#simulators/random.ts'
import { Schedule } from '#simulators/schedule.ts'
import type { DevicePlan, SourcePlan } from '#simulators/source-plan.ts'
import { Weather } from '#simulators/weather.ts'

export interface Pace {
  readonly startMs: number
  /** Messages a second of the whole fleet, evenly; absent: every device keeps its own period. */
  readonly rate?: number
}

export interface TimedSending extends Sending {
  readonly source: SourcePlan
  /** When it goes out. Readings carry this time, not that at which a slow network lets them out. */
  readonly atMs: number
}

/** A period is kept to this share of itself, so that devices do not march in step. */
const JITTER = 0.05

interface Speaker {
  readonly source: SourcePlan
  readonly device: DevicePlan
  readonly line: LineOfSource
  readonly random: Random
  report?: Report
}

interface LineOfSource {
  readonly line: Line
  isUp: boolean
}

export function* traffic(plan: readonly SourcePlan[], { startMs, rate }: Pace): Generator<TimedSending, undefined> {
  const speakers = plan.flatMap(speakersOf)
  const sites = new Map<string, Surroundings>()
  const schedule = new Schedule()
  speakers.forEach(({ device, random }, index) => schedule.push(index, startMs + random.next() * device.periodS * 1000))
  let sent = 0
  const at = (dueMs: number) => rate === undefined ? dueMs : startMs + sent * 1000 / rate
  for (let turn = schedule.pop(); turn; turn = schedule.pop()) {
    const { index, dueMs } = turn
    const speaker = speakers[index] as Speaker
    speaker.report ??= reportOf(speaker, sites)
    for (const message of speaker.report(at(dueMs)))
      for (const sending of goingOut(speaker, message, at(dueMs))) {
        yield { ...sending, source: speaker.source, atMs: at(dueMs) }
        sent++
      }
    schedule.push(index, dueMs + speaker.device.periodS * 1000 * (1 + JITTER * speaker.random.between(-1, 1)))
  }
}

/** A connection that is new, or was cut, begins with the source's birth messages. */
function* goingOut({ source, line }: Speaker, message: Message, nowMs: number): Generator<Sending> {
  for (const sending of line.line.pass(message)) {
    if (!line.isUp) for (const birth of FAMILIES[source.dialect].birth(source, nowMs)) yield { message: birth, isBirth: true }
    line.isUp = !sending.isCut
    yield sending
  }
}

function speakersOf(source: SourcePlan): readonly Speaker[] {
  const line = { line: new Line(source.faults, new Random(seedOf(source.seed, source.name, 'faults'))), isUp: false }
  return source.devices.map(device => ({ source, device, line, random: new Random(seedOf(source.seed, source.name, device.name)) }))
}

/** Made when its first turn comes: a large fleet that runs for a moment costs little. */
function reportOf({ source, device, random }: Speaker, sites: Map<string, Surroundings>): Report {
  const model = MODELS.get(device.model)
  if (!model) throw new Error(`No such model: ${device.model}`)
  let surroundings = sites.get(source.site)
  if (!surroundings) sites.set(source.site, surroundings = surroundingsOf(source))
  return model.make({ source, device, random, surroundings, skewMs: source.faults.clockSkewS * 1000 * random.between(-1, 1) })
}

/** One weather for the whole fleet, streets and walls of its own for each site. */
function surroundingsOf({ seed, site, location, timezone }: SourcePlan): Surroundings {
  const weather = new Weather(seed, location)
  const city = new City(seedOf(seed, site), timezone, weather)
  return { weather, city, home: new Home(seedOf(seed, site), timezone, weather, city) }
}
