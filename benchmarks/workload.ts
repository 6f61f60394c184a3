// W1, hub bulk: 4 connections, 1,000 devices, one shape, one in ten without consent. The sequence number rides in a granted attribute, the illuminance.

export const CONNECTIONS = 4
export const DEVICES = 1_000
/** Messages that are sent and have not come out yet. */
export const WINDOW = 1_000

export const deviceName = (device: number): string => `dev${device}`
export const isConsented = (device: number): boolean => device % 10 !== 0
/** A device always speaks through the same connection. */
export const connectionOf = (device: number): number => device % CONNECTIONS

/** 100 bytes or so, as a Zigbee2MQTT climate sensor sends them. */
export function payloadOf(sequence: number): string {
  return `{"battery":97,"humidity":44.72,"illuminance":${sequence},"linkquality":120,"pressure":1008.7,"temperature":21.34}`
}

const MARK = '"illuminance":{"type":"Property","value":'

/** The sequence number in an entity; −1 where there is none. */
export function sequenceIn(entity: string): number {
  const at = entity.indexOf(MARK)
  return at < 0 ? -1 : parseInt(entity.slice(at + MARK.length, at + MARK.length + 12), 10)
}
