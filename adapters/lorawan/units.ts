// How decoders spell units, in texts and in names of fields, as data → the spelling that the unit table knows for this dialect.

const AS_THEY_ARE = `
  °C ℃ °F ℉ K % %RH hPa kPa Pa mbar bar lx lux ppm ppb dB dBA dB(A) m/s km/h mph kn ° deg mm cm m in ft mm/h
  W kW VA var Wh kWh MWh V mV A mA Hz L l m3 m³ m3/h m³/h L/h L/min g kg
  μg/m3 µg/m3 ug/m3 µg/m³ mg/m3 mg/m³ μS/cm µS/cm mS/cm W/m2 W/m² Bq/m3 Bq/m³ dBm s`.trim().split(/\s+/)

/** `"2799 mm"`, `{"value":1.2,"unit":"m⋅s⁻¹"}` → the unit. A decisiemens per metre is a millisiemens per centimetre. */
const SPELLED: ReadonlyMap<string, string> = new Map([
  ...AS_THEY_ARE.map(unit => [unit, unit] as const),
  ['C', '°C'], ['degC', '°C'], ['Celsius', '°C'], ['Lux', 'lux'], ['percent', '%'], ['% RH', '%'], ['%r.h.', '%'],
  ['uS/cm', 'μS/cm'], ['us/cm', 'μS/cm'], ['dS/m', 'mS/cm'], ['m⋅s⁻¹', 'm/s'], ['mm⋅h⁻¹', 'mm/h'], ['W⋅m⁻²', 'W/m2'],
  ['µg⋅m⁻³', 'μg/m3'], ['μg⋅m⁻³', 'μg/m3'], ['µS⋅cm⁻¹', 'μS/cm'], ['μS⋅cm⁻¹', 'μS/cm'], ['mS⋅cm⁻¹', 'mS/cm'],
])

/** The last word of a field's name, in lower case: `distance_cm`, `CO2_ppm`, `Bat_mV`. */
const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ['c', '°C'], ['degc', '°C'], ['celsius', '°C'], ['f', '°F'], ['degf', '°F'], ['fahrenheit', '°F'], ['k', 'K'], ['kelvin', 'K'],
  ['pct', '%'], ['perc', '%'], ['percent', '%'], ['percentage', '%'], ['deg', '°'], ['degrees', '°'],
  ['hpa', 'hPa'], ['kpa', 'kPa'], ['pa', 'Pa'], ['mbar', 'mbar'], ['lx', 'lx'], ['lux', 'lux'], ['db', 'dB'], ['dba', 'dB(A)'],
  ['ppm', 'ppm'], ['ppb', 'ppb'], ['ugm3', 'μg/m3'], ['mgm3', 'mg/m3'], ['uscm', 'μS/cm'], ['mscm', 'mS/cm'],
  ['mps', 'm/s'], ['ms', 'm/s'], ['kmh', 'km/h'], ['kph', 'km/h'], ['mph', 'mph'], ['wm2', 'W/m2'], ['mmh', 'mm/h'],
  ['mm', 'mm'], ['cm', 'cm'], ['m', 'm'], ['g', 'g'], ['kg', 'kg'],
  ['w', 'W'], ['kw', 'kW'], ['wh', 'Wh'], ['kwh', 'kWh'], ['v', 'V'], ['volt', 'V'], ['volts', 'V'], ['mv', 'mV'], ['a', 'A'], ['ma', 'mA'],
  ['hz', 'Hz'], ['l', 'L'], ['liters', 'L'], ['litres', 'L'], ['lph', 'L/h'], ['lpm', 'L/min'], ['m3', 'm3'], ['m3h', 'm3/h'],
])

const NUMBER_WITH_UNIT = /^([+-]?\d+(?:\.\d+)?) ?(\S.*)$/
const NAME_WITH_SUFFIX = /^(.*[A-Za-z0-9])[ _-]+([A-Za-z]\w{0,9})$/

/** The table's spelling where it is known, else the text as it stands: it will be refused by name. */
export function spelledUnit(text: string): string {
  return SPELLED.get(text.trim()) ?? text
}

/** `"2799 mm"` → 2799 and its unit. Undefined where there is no unit, or none that is known: `"1,"`, `"0x10"`. */
export function numberWithUnit(text: string): { readonly number: string, readonly unit: string } | undefined {
  const match = NUMBER_WITH_UNIT.exec(text), unit = match ? SPELLED.get(match[2]!) : undefined
  return match && unit ? { number: match[1]!, unit } : undefined
}

/** `distance1_cm` → `distance1` and cm. */
export function splitSuffix(name: string): { readonly name: string, readonly unit: string } | undefined {
  const match = NAME_WITH_SUFFIX.exec(name), unit = match ? SUFFIXES.get(match[2]!.toLowerCase()) : undefined
  return match && unit ? { name: match[1]!, unit } : undefined
}
