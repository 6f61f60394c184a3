// Which MQTT topics are ChirpStack's, and whose: application/<application>/device/<DevEUI>/event/<event>.

export interface ChirpstackTopic {
  /** `<application>/<DevEUI>`: the device inside its source. */
  readonly device: string
  readonly event: string
}

const TOPIC = /^(?:(.+)\/)?application\/([^/+#]+)\/device\/([^/+#]+)\/event\/(up|status|location|join|ack|txack|log|integration)$/

/** Undefined for every other topic. A bridge may have put levels of its own in front: then `isBridged`, and they are no part of the key. */
export function parseTopic(topic: string): (ChirpstackTopic & { readonly isBridged: boolean }) | undefined {
  const match = TOPIC.exec(topic)
  return match ? { device: `${match[2]!}/${match[3]!}`, event: match[4]!, isBridged: match[1] !== undefined } : undefined
}
