// A bridge: a source that the gateway fetches from somebody else's broker, instead of waiting for it to connect.

export const PROTOCOLS = ['3.1.1', '5'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** What an owner may change without a new source: where the broker is, and who we are to it. */
export interface BrokerAccess {
  /** `mqtt://host[:port]` or `mqtts://host[:port]`. */
  readonly broker: string
  readonly username?: string
  readonly password?: string
  /** Certificates (PEM) that the broker's must come from; left out: those that Node knows. */
  readonly ca?: string
}

export interface NewBridge extends BrokerAccess {
  readonly protocol?: Protocol
  /** Topic filters, as the broker knows them. */
  readonly topics: readonly string[]
  /** Name of a shared subscription: its members are sent each message once between them. */
  readonly share?: string
  /** What stands before the topics on that broker and not at home, such as `site-7/`. */
  readonly strip?: string
}

/** A bridge as it is kept: the password lies sealed beside it. */
export interface Bridge extends Omit<NewBridge, 'password'> {
  readonly sourceId: string
  readonly protocol: Protocol
  readonly createdAt: number
}

/** `refused`: the broker answered, and said no. `unreachable`: nobody answered. Both are tried again. */
export type LinkState = 'suspended' | 'connecting' | 'connected' | 'refused' | 'unreachable'

export interface LinkStatus {
  readonly state: LinkState
  /** Milliseconds since 1970. */
  readonly since: number
  /** Why it is refused or unreachable, in the broker's or the system's words. */
  readonly detail?: string
  /** Messages that came, since the gateway started. */
  readonly received: number
}
