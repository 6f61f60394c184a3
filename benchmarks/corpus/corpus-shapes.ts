// The shapes of the corpus: what sensors of six dialects send, written from what their vendors document. In each message one figure carries a
// sequence number, and that attribute of one entity is what a test or a benchmark follows.
import type { Dialect } from '#adapters/adapter.ts'
import type { Random } from '#benchmarks/corpus/random.ts'

/** What the writer of a message may vary: a number of the sensor. */
export class Figure {
  readonly min: number
  readonly max: number
  readonly decimals: number
  constructor(min: number, max: number, decimals: number) { this.min = min; this.max = max; this.decimals = decimals }
  /** As a sensor prints it. */
  lexeme(random: Random): string { return String(Number((this.min + random.next() * (this.max - this.min)).toFixed(this.decimals))) }
}

/** Where the sequence number stands. */
export const CARRIER = Symbol('sequence number')
export type Tree = Figure | typeof CARRIER | string | number | boolean | readonly Tree[] | { readonly [name: string]: Tree }

export interface Shape {
  readonly name: string
  readonly dialect: Dialect
  readonly topic: (device: string) => string
  /** The model and the attribute that the sequence number comes out in, and what else of that entity these messages fill. */
  readonly model: string
  readonly carrier: string
  readonly attributes: readonly string[]
  readonly phases?: 3
  /** `at`: the device's clock, in milliseconds. */
  readonly tree: (device: string, at: number) => Tree
}

const TEMPERATURE = new Figure(12, 31, 2), HUMIDITY = new Figure(20, 90, 2), PRESSURE = new Figure(960, 1040, 1), PERCENT = new Figure(1, 100, 0)
const LINK = new Figure(20, 254, 0), VOLTS = new Figure(218, 241, 1), AMPERES = new Figure(0.01, 15, 3), HERTZ = new Figure(49.9, 50.1, 2)
const FACTOR = new Figure(0.5, 1, 2), WATTS = new Figure(1, 3500, 1), KWH = new Figure(0, 9999, 3), WH = new Figure(1, 999_999, 3), RSSI = new Figure(-110, -40, 0)

const INDOOR = 'IndoorEnvironmentObserved', AC = 'ACMeasurement', THREE = 'ThreePhaseAcMeasurement'
type Facts = Pick<Shape, 'model' | 'carrier' | 'attributes'> & Partial<Pick<Shape, 'phases'>>
const indoor = (...attributes: string[]): Facts => ({ model: INDOOR, carrier: 'illuminance', attributes })
const mains = (...attributes: string[]): Facts => ({ model: AC, carrier: 'totalActivePower', attributes })
const CLIMATE = indoor('temperature', 'relativeHumidity'), AIR = indoor('temperature', 'relativeHumidity', 'atmosphericPressure')
const PLUG = mains('phaseVoltage', 'current', 'totalActiveEnergyImport', 'totalPowerFactor', 'frequency')

const iso = (at: number): string => new Date(at).toISOString()
const local = (at: number): string => iso(at).slice(0, 19)
const hexOf = (device: string): string => Buffer.from(device).toString('hex').slice(-12).padStart(12, 'a').replace(/\d{9}/, 'abcdefabc')

const zigbee = (name: string, facts: Facts, tree: (at: number) => Tree): Shape =>
  ({ name, dialect: 'zigbee2mqtt', topic: device => `zigbee2mqtt/${device}`, ...facts, tree: (_, at) => tree(at) })
const tasmota = (name: string, facts: Facts, tree: (at: number) => Tree): Shape =>
  ({ name, dialect: 'tasmota', topic: device => `tele/${device}/SENSOR`, ...facts, tree: (_, at) => tree(at) })
const shellyStatus = (name: string, component: string, facts: Facts, tree: Tree): Shape =>
  ({ name, dialect: 'shelly', topic: device => `${device}/status/${component}`, ...facts, tree: () => tree })
const shellyEvent = (name: string, method: string, facts: Facts, tree: (at: number) => Tree): Shape => ({
  name, dialect: 'shelly', topic: device => `${device}/events/rpc`, ...facts,
  tree: (device, at) => ({ src: device, dst: `${device}/events`, method, params: { ts: at / 1000, ...tree(at) as object } }),
})
const senml = (name: string, facts: Facts, tree: (base: string, at: number) => Tree): Shape =>
  ({ name, dialect: 'senml', topic: device => `${device}/senml`, ...facts, tree: (device, at) => tree(`urn:dev:org:city-${device}:`, at) })

const record = (tree: { readonly [name: string]: Tree }): Tree => tree

const gateway = (id: string, at: number): Tree => ({
  gateway_ids: { gateway_id: id, eui: 'b827ebfffe0a1b2c' }, time: iso(at), timestamp: 2684354, rssi: RSSI, channel_rssi: RSSI,
  snr: new Figure(-12, 11, 1),
  frequency_offset: '417', uplink_token: 'Ch4KHAoQY2l0eS1nYXRld2F5LWZvdXISCLgn6//+Chss', channel_index: 3, received_at: iso(at),
})
const things = (name: string, facts: Facts, payload: (at: number) => { readonly [name: string]: Tree }): Shape => ({
  name, dialect: 'tts', topic: device => `v3/city@ttn/devices/${device}/up`, ...facts,
  tree: (device, at) => ({
    end_device_ids: {
      device_id: device, application_ids: { application_id: 'city' }, dev_eui: `AC1F09${hexOf(device).slice(-10).toUpperCase()}`,
      join_eui: 'AC1F09FFFE000000', dev_addr: '260B6EF1',
    },
    correlation_ids: ['as:up:01HQ3V5K8WQTZJ', 'gs:uplink:01HQ3V5K1Q', 'rpc:/ttn.lorawan.v3.GsNs/HandleUplink:01HQ3V5K1R'],
    received_at: iso(at),
    uplink_message: {
      session_key_id: 'AYtXw2kz0nAhFqVx7L1zYg==', f_port: 2, f_cnt: 4177, frm_payload: 'AWcA1wJoWwNzJ2gEZQ==', ...payload(at),
      rx_metadata: [gateway('city-hall-roof', at), gateway('water-tower', at)],
      settings: {
        data_rate: { lora: { bandwidth: 125_000, spreading_factor: 7, coding_rate: '4/5' } }, frequency: '868300000', timestamp: 2684354,
        time: iso(at),
      },
      received_at: iso(at), confirmed: false, consumed_airtime: '0.061696s',
      version_ids: { brand_id: 'example', model_id: 'room-one', hardware_version: '1.0', firmware_version: '2.3', band_id: 'EU_863_870' },
      network_ids: {
        net_id: '000013', ns_id: 'EC656E0000000181', tenant_id: 'ttn', cluster_id: 'eu1', cluster_address: 'eu1.cloud.thethings.network',
      },
    },
  }),
})

const chirp = (name: string, facts: Facts, object: (at: number) => { readonly [name: string]: Tree }): Shape => ({
  name, dialect: 'chirpstack', topic: device => `application/7f1c/device/ac1f${hexOf(device)}/event/up`, ...facts,
  tree: (device, at) => ({
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d', time: iso(at),
    deviceInfo: {
      tenantId: '52f14cd4-c6f1-4fbd-8f87-4025e1d49242', tenantName: 'City', applicationId: '17c82e96-be03-4f38-aef3-f83d48582d97',
      applicationName: 'rooms',
      deviceProfileId: '14855bf7-d10d-4aee-b618-ebfcb64dc7ad', deviceProfileName: 'Room sensor', deviceName: device,
      devEui: `ac1f${hexOf(device)}`, tags: { floor: 'second' },
    },
    devAddr: '00189440', adr: true, dr: 5, fCnt: 512, fPort: 2, confirmed: false, data: 'AWcA1wJoWwNzJ2gEZQ==', object: object(at),
    rxInfo: [{
      gatewayId: '0016c001f153a14c', uplinkId: 4217106255, gwTime: iso(at), nsTime: iso(at), rssi: RSSI, snr: new Figure(-12, 11, 1),
      channel: 2, location: { latitude: 50.85, longitude: 4.35 },
      context: 'E3OWOQ==', metadata: { region_config_id: 'eu868', region_common_name: 'EU868' }, crcStatus: 'CRC_OK',
    }],
    txInfo: { frequency: 868100000, modulation: { lora: { bandwidth: 125000, spreadingFactor: 7, codeRate: 'CR_4_5' } } },
  }),
})

/** The small one: what W1 sends by itself. */
export const SMALL: Shape = zigbee('zigbee-climate', AIR, () =>
  (
    {
      battery: PERCENT, humidity: HUMIDITY, illuminance: CARRIER, linkquality: LINK, pressure: PRESSURE, temperature: TEMPERATURE,
      voltage: new Figure(2700, 3100, 0),
    }
  ))

export const SHAPES: readonly Shape[] = [
  SMALL,
  zigbee(
    'zigbee-plug', PLUG,
    () => (
      {
        state: 'ON', power: CARRIER, voltage: VOLTS, current: AMPERES, energy: KWH, power_factor: FACTOR, ac_frequency: HERTZ,
        linkquality: LINK, power_on_behavior: 'previous',
      }
    )
  ),
  zigbee(
    'zigbee-air', CLIMATE,
    at => (
      {
        temperature: TEMPERATURE, humidity: HUMIDITY, illuminance: CARRIER, co2: new Figure(400, 2000, 0), pm25: new Figure(0, 80, 0),
        voc_index: new Figure(1, 500, 0), last_seen: iso(at), linkquality: LINK,
      }
    )
  ),
  zigbee(
    'zigbee-motion', indoor(),
    () => (
      {
        occupancy: true, illuminance: CARRIER, battery: PERCENT, linkquality: LINK, motion_sensitivity: 'medium',
        update: { state: 'idle', installed_version: 16777241, latest_version: 16777241 },
      }
    )
  ),
  zigbee('zigbee-thermostat', indoor('temperature'), () => ({
    local_temperature: TEMPERATURE, illuminance: CARRIER, occupied_heating_setpoint: 21, system_mode: 'heat', running_state: 'idle',
    battery: PERCENT, linkquality: LINK,
    weekly_schedule: { monday: '06:00/21 22:00/17', tuesday: '06:00/21 22:00/17', sunday: '08:00/20 23:00/16' }, child_lock: 'UNLOCK',
  })),
  zigbee(
    'zigbee-light', indoor('temperature'),
    () => (
      {
        device_temperature: 31, temperature: TEMPERATURE, illuminance: CARRIER, color_mode: 'xy', color: { x: 0.4, y: 0.39 },
        linkquality: LINK,
      }
    )
  ),
  tasmota(
    'tasmota-room', CLIMATE,
    at => (
      {
        Time: local(at), AM2301: { Temperature: TEMPERATURE, Humidity: HUMIDITY, DewPoint: new Figure(1, 15, 1) },
        BH1750: { Illuminance: CARRIER }, TempUnit: 'C',
      }
    )
  ),
  tasmota('tasmota-weather', AIR, at => ({
    Time: local(at), BME280: {
      Temperature: TEMPERATURE, Humidity: HUMIDITY, DewPoint: new Figure(1, 15, 1), Pressure: PRESSURE,
    }, BH1750: { Illuminance: CARRIER }, PressureUnit: 'hPa', TempUnit: 'C',
  })),
  tasmota(
    'tasmota-fahrenheit', CLIMATE,
    at => (
      {
        Time: local(at), SHT3X: { Temperature: new Figure(55, 88, 1), Humidity: HUMIDITY }, VEML7700: { Illuminance: CARRIER },
        TempUnit: 'F',
      }
    )
  ),
  tasmota('tasmota-plug', { ...PLUG, attributes: [...PLUG.attributes, 'totalReactivePower', 'totalApparentPower'] }, at => ({
    Time: local(at), ENERGY: {
      TotalStartTime: '2026-01-02T03:04:05', Total: KWH, Yesterday: 1.204, Today: 0.517, Period: 2, Power: CARRIER, ApparentPower: WATTS,
      ReactivePower: WATTS, Factor: FACTOR, Voltage: VOLTS, Current: AMPERES, Frequency: HERTZ,
    },
  })),
  tasmota('tasmota-three-phase', {
    model: THREE, carrier: 'totalActiveEnergyImport', attributes: ['activePower', 'phaseVoltage', 'current', 'powerFactor', 'frequency'],
    phases: 3,
  }, at => ({
    Time: local(at), ENERGY: {
      Total: CARRIER, Power: [WATTS, WATTS, WATTS], Factor: [FACTOR, FACTOR, FACTOR], Voltage: [VOLTS, VOLTS, VOLTS],
      Current: [AMPERES, AMPERES, AMPERES], Frequency: HERTZ,
    },
  })),
  shellyStatus('shelly-switch', 'switch:0', PLUG, {
    id: 0, source: 'init', output: true, apower: CARRIER, voltage: VOLTS, current: AMPERES, pf: FACTOR, freq: HERTZ, aenergy: {
      total: WH, by_minute: [102.1, 98.6, 99.7], minute_ts: 1792000020,
    }, temperature: { tC: 41.2, tF: 106.2 },
  }),
  shellyStatus('shelly-meter', 'pm1:0', mains(
    'phaseVoltage', 'current', 'totalActiveEnergyImport', 'totalActiveEnergyExport', 'frequency'
  ), {
    id: 0, voltage: VOLTS, current: AMPERES, apower: CARRIER, freq: HERTZ,
    aenergy: { total: WH, by_minute: [0, 0, 0], minute_ts: 1792000020 },
    ret_aenergy: { total: WH, by_minute: [0, 0, 0], minute_ts: 1792000020 },
  }),
  shellyStatus('shelly-three-phase', 'em:0', {
    model: THREE, carrier: 'totalActivePower',
    attributes: ['totalApparentPower', 'activePower', 'apparentPower', 'phaseVoltage', 'current', 'powerFactor', 'frequency'], phases: 3,
  }, {
    id: 0, ...Object.fromEntries(
      ['a', 'b', 'c'].flatMap(
        phase => Object.entries(
          { current: AMPERES, voltage: VOLTS, act_power: WATTS, aprt_power: WATTS, pf: FACTOR, freq: HERTZ }
        ).map(([name, figure]) => [`${phase}_${name}`, figure])
      )
    ),
    n_current: AMPERES, total_current: 12.7, total_act_power: CARRIER, total_aprt_power: WATTS, user_calibrated_phase: [],
  }),
  shellyEvent(
    'shelly-delta', 'NotifyStatus', mains('phaseVoltage', 'current'),
    () => ({ 'switch:0': { id: 0, apower: CARRIER, voltage: VOLTS, current: AMPERES } })
  ),
  shellyEvent('shelly-room', 'NotifyFullStatus', CLIMATE, () => ({
    ble: {}, cloud: { connected: false }, 'devicepower:0': {
      id: 0, battery: { V: 5.12, percent: PERCENT }, external: { present: false },
    }, 'temperature:0': { id: 0, tC: TEMPERATURE }, 'humidity:0': { id: 0, rh: HUMIDITY },
    'illuminance:0': { id: 0, lux: CARRIER, illumination: 'bright' }, sys: {
      mac: 'A0B1C2D3E4F5', restart_required: false, time: '10:15', uptime: 81, ram_size: 247280,
    }, wifi: { status: 'got ip', ssid: 'home', rssi: RSSI },
  })),
  senml(
    'senml-room', CLIMATE,
    (base, at) => [
      record({ bn: base, bt: Math.floor(at / 1000), n: 'temperature', u: 'Cel', v: TEMPERATURE }),
      record({ n: 'humidity', u: '%RH', v: HUMIDITY }), record({ n: 'lux', u: 'lx', v: CARRIER }),
    ]
  ),
  senml(
    'senml-power', mains('totalActiveEnergyImport', 'totalPowerFactor'),
    base => [
      record({ bn: base, n: 'power', u: 'W', v: CARRIER }), record({ n: 'energy', u: 'kWh', v: KWH }),
      record({ n: 'powerfactor', u: '/', v: FACTOR }),
    ]
  ),
  senml('senml-air', AIR, (base, at) => [
    record({ bn: base, bt: Math.floor(at / 1000), bver: 10, n: 'temp', u: 'Cel', v: TEMPERATURE }),
    record({ n: 'rh', u: '%RH', v: HUMIDITY }), record({ n: 'baro', u: 'hPa', v: PRESSURE }),
    record({ n: 'co2', u: 'ppm', v: new Figure(400, 2000, 0) }),
    record({ n: 'illuminance', u: 'lx', v: CARRIER }), record({ n: 'batt', u: '%EL', v: PERCENT }),
  ]),
  things(
    'things-room', CLIMATE,
    () => ({ decoded_payload: { temperature: TEMPERATURE, humidity: HUMIDITY, lux: CARRIER, battery: new Figure(2.9, 3.6, 2) } })
  ),
  things(
    'things-air', AIR,
    () => (
      { decoded_payload: { air_temperature: TEMPERATURE, relative_humidity: HUMIDITY, barometric_pressure: PRESSURE, light_intensity: CARRIER, co2: new Figure(400, 2000, 0), battery_voltage: new Figure(2.9, 3.6, 2) } }
    )
  ),
  things('things-light', indoor('temperature'), () => ({ decoded_payload: { illuminance: CARRIER, temp: TEMPERATURE, mode: 'normal' } })),
  things('things-normalized', AIR, at => ({
    decoded_payload: { TempC_SHT: TEMPERATURE, Hum_SHT: HUMIDITY },
    normalized_payload: [
      {
        time: iso(at), air: { temperature: TEMPERATURE, relativeHumidity: HUMIDITY, pressure: PRESSURE, lightIntensity: CARRIER },
        battery: new Figure(2.9, 3.6, 2),
      }
    ],
  })),
  chirp('chirp-room', CLIMATE, () => ({ temperature: TEMPERATURE, humidity: HUMIDITY, illumination: CARRIER, battery: PERCENT })),
  chirp(
    'chirp-air', AIR,
    () => ({ temperature: TEMPERATURE, humidity: HUMIDITY, pressure: PRESSURE, light: CARRIER, co2: new Figure(400, 2000, 0) })
  ),
  chirp('chirp-light', indoor(), () => ({ lux: CARRIER, battery: PERCENT, status: 'ok' })),
]
