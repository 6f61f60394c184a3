// What goes over the wire: one MQTT PUBLISH, as a device says it, and as it is sent.

/** As a device says it. */
export interface Message {
  readonly topic: string
  readonly payload: string
  readonly retain?: true
}

/** As it is sent: any bytes, and with a quality of service of its own where a recording says so. */
export interface WireMessage {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly retain?: boolean
  /** Absent: that of the run. */
  readonly qos?: 0 | 1
}
