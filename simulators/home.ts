// Life in a home: who is there, how warm and how stuffy it gets, and what it draws from the grid.
import { APPLIANCES, type Household } from '#simulators/appliances.ts'
import type { City } from '#simulators/city.ts'
import { hashed, noise, seedOf } from '#simulators/random.ts'
import { saturatedVapour, type Weather } from '#simulators/weather.ts'
import { localTime } from '#simulators/zone.ts'

/** The air indoors; what a sensor in one room adds is the sensor's. */
export interface Indoors {
  /** °C */
  readonly temperature: number
  /** g/m³ */
  readonly vapour: number
  /** ppm */
  readonly co2: number
  /** µg/m³ */
  readonly pm25: number
  /** Sensirion's scale of 1 to 500, where 100 is the usual air of the room. */
  readonly vocIndex: number
}

interface State extends Indoors {
  readonly isHeating: boolean
}

const HOUR_MS = 3_600_000
const STEP_MS = 300_000
/** Long enough for a home to forget how the simulation started. */
const WARM_UP_MS = 24 * HOUR_MS
/** Meters look back to their last report. */
const REMEMBERED_STEPS = 26
const COMFORT = 21
const NIGHT_SETBACK = 17.5
/** Per hour: how much of a difference to the outdoors evens out. */
const HEAT_LOSS = 0.03
const VENTILATION = 0.45
const OPEN_WINDOWS = 2.5
const STANDBY_WATTS = 0.4
const AT_FIRST: State = { temperature: COMFORT, vapour: 8, co2: 500, pm25: 6, vocIndex: 100, isHeating: false }

export class Home {
  readonly #seed: number
  readonly #zone: string
  readonly #weather: Weather
  readonly #city: City
  readonly #size: number
  readonly #solarKilowattsPeak: number
  /** Of every five minutes, the newest last: a home has a memory. */
  readonly #states: State[] = []
  #newest = 0
  #household: Household & { readonly ms: number } | undefined

  constructor(seed: number, zone: string, weather: Weather, city: City) {
    this.#seed = seedOf(seed, 'home')
    this.#zone = zone
    this.#weather = weather
    this.#city = city
    this.#size = 1 + Math.floor(hashed(this.#seed, 1) * 4)
    this.#solarKilowattsPeak = hashed(this.#seed, 2) < 0.5 ? 0 : 3 + 3 * hashed(this.#seed, 3)
  }

  /** People at home, asleep or not: most go out by day, fewer at the weekend. */
  people(ms: number): number {
    const { hour, day, isWeekend } = localTime(this.#zone, ms)
    let present = 0
    for (let person = 0; person < this.#size; person++) {
      const dice = seedOf(this.#seed, day, person)
      const [leaves, returns] = [(isWeekend ? 13 : 7.4) + 1.4 * hashed(dice, 1), 16 + 3 * hashed(dice, 2)]
      const isOut = hashed(dice, 0) < (isWeekend ? 0.5 : 0.8) && hour > leaves && hour < returns
      if (!isOut) present++
    }
    return present
  }

  household(ms: number): Household {
    if (this.#household?.ms !== ms) {
      const { hour, day } = localTime(this.#zone, ms)
      const isNight = hour < 6.5 || hour > 23.2
      const { isHeating } = this.#around(ms)[0]
      this.#household = { ms, hour, day, awake: isNight ? 0 : this.people(ms), isHeating, outdoors: this.#weather.at(ms).temperature }
    }
    return this.#household
  }

  air(ms: number): Indoors {
    const [before, after] = this.#around(ms)
    const part = ms / STEP_MS - Math.floor(ms / STEP_MS)
    const between = (key: keyof Indoors) => before[key] + (after[key] - before[key]) * part
    return {
      temperature: between('temperature'), vapour: between('vapour'),
      co2: between('co2'), pm25: between('pm25'), vocIndex: between('vocIndex'),
    }
  }

  /** Volts between a phase and neutral; the grid sags when the street cooks. */
  voltage(phase: number, ms: number): number {
    return 231 + 2.2 * noise(seedOf(this.#seed, 'volt', phase), ms / (10 * 60_000)) - 2.5 * this.#city.traffic(ms)
  }

  /** Watts that an appliance draws: the same for the plug in its socket and for the meter of the house. */
  watts(appliance: string, ms: number): number {
    return APPLIANCES[appliance]?.watts(this.household(ms), ms, seedOf(this.#seed, appliance)) ?? STANDBY_WATTS
  }

  /** Watts on each of three phases, negative where the roof feeds the grid. */
  phases(ms: number): readonly [number, number, number] {
    const draw = (...appliances: readonly string[]) => appliances.reduce((sum, appliance) => sum + this.watts(appliance, ms), 0)
    const roof = this.#weather.at(ms).solar * this.#solarKilowattsPeak * 0.85
    return [
      60 + draw('fridge', 'kettle', 'dishwasher') - roof,
      35 + draw('washer', 'television', 'lamp'),
      25 + draw('heat_pump', 'desk', 'freezer'),
    ]
  }

  /** The states before and after a moment; one that is older than what is remembered is answered with the oldest. */
  #around(ms: number): readonly [State, State] {
    const step = Math.floor(ms / STEP_MS)
    if (this.#states.length === 0) {
      this.#newest = Math.floor((ms - WARM_UP_MS) / STEP_MS)
      this.#states.push(AT_FIRST)
    }
    while (this.#newest <= step) {
      this.#newest++
      this.#states.push(this.#next(this.#states.at(-1) ?? AT_FIRST, this.#newest * STEP_MS))
      if (this.#states.length > REMEMBERED_STEPS) this.#states.shift()
    }
    const at = Math.max(0, this.#states.length - 1 - (this.#newest - step))
    return [this.#states[at] ?? AT_FIRST, this.#states[at + 1] ?? AT_FIRST]
  }

  /** Five minutes on: heat leaks and is made, breath and cooking fill the air, and air is exchanged. */
  #next(now: State, ms: number): State {
    const hours = STEP_MS / HOUR_MS
    const outdoors = this.#weather.at(ms)
    const { hour } = localTime(this.#zone, ms)
    const people = this.people(ms)
    const cooking = people > 0 && this.#isCooking(hour, ms) ? 1 : 0
    const isMild = now.temperature > 23.5 && outdoors.temperature < now.temperature
    const exchange = isMild && people > 0 ? OPEN_WINDOWS : VENTILATION
    const isHeating = this.#heats(now, hour, people)
    const leaking = (outdoors.temperature - now.temperature) * (HEAT_LOSS + exchange * 0.05)
    const warming = leaking + (isHeating ? 2.4 : 0) + outdoors.solar * 0.0006 + people * 0.06
    const moistening = (outdoors.vapour - now.vapour) * exchange + people * 0.22 + cooking * 3
    return {
      isHeating,
      temperature: now.temperature + warming * hours,
      vapour: Math.min(saturatedVapour(now.temperature), now.vapour + moistening * hours),
      co2: now.co2 + ((425 - now.co2) * exchange + people * 95) * hours,
      pm25: now.pm25 + ((this.#city.air(ms).pm25 * 0.5 - now.pm25) * (exchange + 0.3) + cooking * 130) * hours,
      vocIndex: Math.min(500, now.vocIndex + ((70 - now.vocIndex) * exchange + people * 16 + cooking * 160) * hours),
    }
  }

  #isCooking(hour: number, ms: number): boolean {
    const likely = hour > 18 && hour < 20 ? 0.6 : hour > 7 && hour < 8.5 ? 0.3 : 0
    return hashed(seedOf(this.#seed, 'cook'), ms / (2 * STEP_MS)) < likely
  }

  #heats(now: State, hour: number, people: number): boolean {
    const wanted = hour < 5.5 || hour > 22.5 || people === 0 ? NIGHT_SETBACK : COMFORT
    return now.isHeating ? now.temperature < wanted + 0.3 : now.temperature < wanted - 0.3
  }
}
