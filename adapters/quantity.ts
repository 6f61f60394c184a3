// The closed list of quantities: what a reading can be a reading of. Vendors' words end here, models' words begin behind it.

/** Status of the device itself: shown to its owner, never an entity, never a stream. */
export const STATUS_QUANTITIES = ['battery', 'batteryVoltage', 'linkQuality', 'rssi', 'snr', 'firmware', 'uptime', 'availability', 'update', 'settings'] as const

/** Quantities whose value is a number in a unit. */
export const NUMBER_QUANTITIES = [
  'temperature', 'humidity', 'dewPoint', 'pressure', 'pressureSeaLevel', 'illuminance', 'peoplePresent',
  'co2', 'pm1', 'pm25', 'pm4', 'pm10', 'no2', 'o3', 'so2', 'co', 'voc', 'vocIndex', 'noxIndex', 'airQualityIndex', 'formaldehyde', 'radon',
  'soundLevelSlow', 'soundLevelEq', 'soundLevelMax', 'soundLevel',
  'windSpeed', 'windGust', 'windDirection', 'precipitation', 'precipitationRate', 'precipitationTotal', 'solarRadiation', 'uvIndexMax', 'uvIndex',
  'soilMoisture', 'soilTemperature', 'soilConductivity',
  'powerActive', 'powerReactive', 'powerApparent', 'powerFactor', 'frequency', 'voltage', 'current', 'voltageDc', 'currentDc',
  'energyImport', 'energyExport', 'energyReactiveImport', 'energyReactiveExport', 'energyApparentImport', 'energyApparentExport',
  'energyImportPeak', 'energyImportOffPeak',
  'energyImportTariff1', 'energyImportTariff2', 'energyImportTariff3', 'energyImportTariff4',
  'energyExportTariff1', 'energyExportTariff2', 'energyExportTariff3', 'energyExportTariff4',
  'gasVolume', 'gasFlow', 'waterVolume', 'waterFlow',
  'fillLevel', 'distance', 'liquidLevel', 'weight',
  'vehicleCount', 'vehicleSpeed', 'laneOccupancy', 'vehicleTotal',
  'peopleCount', 'peopleIn', 'peopleOut', 'peopleTotal', 'lampLevel',
] as const

/** Quantities whose value is one of a few words. */
export const TEXT_QUANTITIES = ['contact', 'motion', 'occupancy', 'tamper', 'smoke', 'leak', 'gasAlarm', 'coAlarm', 'vibration', 'binState', 'parking', 'lampState'] as const

export type StatusQuantity = (typeof STATUS_QUANTITIES)[number]
export type NumberQuantity = (typeof NUMBER_QUANTITIES)[number]
export type TextQuantity = (typeof TEXT_QUANTITIES)[number]
export type Quantity = StatusQuantity | NumberQuantity | TextQuantity
