// Which MQTT topics are The Things Stack's, and whose: v3/<application>[@<tenant>]/devices/<device>/<event>.

export interface TtsTopic {
  /** `<application>[@<tenant>]/<device>`: the device inside its source. */
  readonly device: string
  /** `up`, `up/normalized`, `join`, `down/queued`, `service/data`, `location/solved` … */
  readonly event: string
}

const TOPIC = /^(?:(.+)\/)?v3\/([^/]+)\/devices\/([^/]+)\/(up|up\/normalized|join|down\/[a-z]+|service\/data|location\/solved)$/

/** Undefined for every other topic. A bridge may have put levels of its own in front: then `isBridged`, and they are no part of the key. */
export function parseTopic(topic: string): (TtsTopic & { readonly isBridged: boolean }) | undefined {
  const match = TOPIC.exec(topic)
  return match ? { device: `${match[2]!}/${match[3]!}`, event: match[4]!, isBridged: match[1] !== undefined } : undefined
}
