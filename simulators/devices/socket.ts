// A socket with a meter in it: what a smart plug of any vendor sees of the appliance behind it.
import { APPLIANCES } from '#simulators/appliances.ts'
import type { DeviceSetup } from '#simulators/devices/device.ts'
import { mains, meter, type Mains } from '#simulators/devices/instruments.ts'

export interface Socket extends Mains {
  /** Drawn since the plug was new; never falls. */
  readonly kilowattHours: number
}

/** Half a per cent of noise on the power, and the voltage of the home. */
export function socket({ device, random, surroundings: { home } }: DeviceSetup, kilowattHoursBefore: number): (nowMs: number) => Socket {
  const factor = APPLIANCES[device.place]?.powerFactor ?? 1
  const phase = random.integer(1, 3)
  const energy = meter(kilowattHoursBefore, ms => home.watts(device.place, ms) / 1000)
  return nowMs => {
    const watts = home.watts(device.place, nowMs) * (1 + 0.005 * random.gaussian())
    return { ...mains(watts, home.voltage(phase, nowMs), factor), kilowattHours: energy(nowMs) }
  }
}
