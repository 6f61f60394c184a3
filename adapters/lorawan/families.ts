// Families of devices whose fields mean something of their own, and the role that a family has.
import type { Role } from '#adapters/reading.ts'
import type { NumberField, WordField } from '#adapters/lorawan/fields.ts'

export interface Family {
  readonly name: string
  /** The model's id in the network's device repository (`version_ids.model_id`). */
  readonly models: RegExp
  /** What all of those begin with, at most eight characters each: other models may begin so too. */
  readonly modelStarts: readonly string[]
  /** Sets of fields (folded) that only this family has together; remembered, since a later message may have fewer. */
  readonly has: readonly (readonly string[])[]
  readonly role?: Role
  /** These win over the common fields of the same names. */
  readonly numbers: readonly NumberField[]
  readonly words: readonly WordField[]
  /** Common names that mean something without a quantity here. */
  readonly unmapped?: readonly string[]
}

const number = (quantity: NumberField['quantity'], unit: string, ...names: string[]): NumberField => ({ quantity, unit, names })

export const FAMILIES: readonly Family[] = [
  {
    // Milesight EM400 and EM310-UDL: distance to the waste, and the lid's or bin's tilt.
    name: 'bin', models: /^em400|^em310-udl/, modelStarts: ['em400', 'em310-ud'], has: [['distance', 'position']], role: 'wasteContainer', numbers: [],
    words: [{ quantity: 'binState', names: ['position'], words: { normal: 'ok', '0': 'ok', tilt: 'dropped', '1': 'dropped' } }],
  },
  {
    // Milesight EM500-SMTC, Tinovi PM-IO: everything is measured in the soil.
    name: 'soil', models: /^em500-smtc/, modelStarts: ['em500-sm'], has: [['moisture', 'ec'], ['vwc', 'ec']], words: [],
    numbers: [
      number('soilTemperature', '°C', 'temperature', 'temp'), number('soilMoisture', '%', 'moisture', 'humidity'),
      number('soilConductivity', 'μS/cm', 'ec'),
    ],
  },
  {
    // Milesight WS51x, WS52x and WS558: on the mains; milliamperes, percent and watt-hours.
    name: 'socket', models: /^ws5(?:1[35]|2[35]|58)/, modelStarts: ['ws5'], has: [['activepower', 'powerconsumption']], words: [],
    numbers: [
      number('voltage', 'V', 'voltage'), number('current', 'mA', 'current'), number('powerFactor', '%', 'powerfactor'),
      number('energyImport', 'Wh', 'powerconsumption'),
    ],
  },
  {
    // Netvox R809A and its like.
    name: 'netvoxSocket', models: /^r809/, modelStarts: ['r809'], has: [['vol', 'power', 'energy']], words: [],
    numbers: [
      number('voltage', 'V', 'vol'), number('current', 'mA', 'current'), number('powerActive', 'W', 'power'),
      number('energyImport', 'Wh', 'energy'),
    ],
  },
  {
    // Milesight AM319. Its TVOC is a rating or µg/m³, as the owner chose, and stays ambiguous.
    name: 'air', models: /^am319/, modelStarts: ['am319'], has: [['hcho', 'lightlevel'], ['o3', 'lightlevel']], words: [],
    numbers: [number('formaldehyde', 'mg/m3', 'hcho'), number('o3', 'ppm', 'o3')],
  },
  // Milesight CT101 to CT310: clamps around wires of the mains.
  { name: 'clamp', models: /^ct[13]\d\d/, modelStarts: ['ct1', 'ct3'], has: [['current', 'totalcurrent']], words: [], numbers: [number('current', 'A', 'current')] },
  // Milesight EM500-SWL: centimetres of water over the probe. EM500-PP: pressure in a pipe.
  { name: 'level', models: /^em500-swl/, modelStarts: ['em500-sw'], has: [], words: [], numbers: [number('liquidLevel', 'cm', 'depth')] },
  { name: 'pipe', models: /^em500-pp/, modelStarts: ['em500-pp'], has: [], words: [], numbers: [], unmapped: ['pressure'] },
]
