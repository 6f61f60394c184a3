// Which MQTT topics are a first-generation Shelly's: shellies/<id>/…, one figure each.

export interface Shelly1Topic {
  /** What the device calls itself, `shelly1pm-<mac>` unless its owner renamed it. */
  readonly id: string
  /** `relay`, `emeter`, `sensor`, `online`, `info` … */
  readonly kind: string
  /** Which of several of a kind; absent: the kind is there once. */
  readonly number?: number
  /** What it says of the kind: `power`; '' is the kind's own state. */
  readonly figure: string
}

/** Levels in front are a bridge's. The id has no slash, and the last level may be a command's. */
const TOPIC = /^(?:(.+)\/)?shellies\/([^/]+)\/([a-z][a-z0-9_]*)(?:\/(\d{1,2}))?((?:\/[a-z][a-z0-9_]*){0,2})$/
/** What later generations publish below a prefix that their owners chose alike. */
const LATER_TOPIC = /\/(?:events\/rpc|rpc|status\/[^/]+|debug\/log)$/
const LATER_NAME = /^shelly(?:plus|pro|blu|wall|[a-z0-9]*g[3-9]-)/i

/** On these all devices answer and listen. */
const SHARED = /^(?:(.+)\/)?shellies\/(announce|command)$/

/** Undefined for every other topic. `isBridged`: levels stand in front of `shellies`, and they are no part of the id. */
export function parseTopic(topic: string): (Shelly1Topic & { readonly isBridged: boolean }) | undefined {
  const shared = SHARED.exec(topic)
  if (shared) return { id: shared[2]!, kind: '', figure: '', isBridged: shared[1] !== undefined }
  const match = LATER_TOPIC.test(topic) ? null : TOPIC.exec(topic)
  if (!match || /[+#]/.test(topic)) return undefined
  const [, bridge, id, kind, number, figure] = match
  if (kind === 'online' && LATER_NAME.test(id!)) return undefined
  return { id: id!, kind: kind!, ...number && { number: Number(number) }, figure: figure!.slice(1), isBridged: bridge !== undefined }
}
