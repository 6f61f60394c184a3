// Streams that are on offer, and which of them one is looking for.

export interface Offer {
  readonly offerId: string
  /** A decimal, per `unit`. */
  readonly price: string
  readonly unit: string
  readonly currency: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  /** How exact they are at most, such as `location=h3:7`; left out: as the consents have it. */
  readonly transforms?: readonly string[]
}

export interface Stream {
  readonly streamId: string
  /** NGSI-LD entity type. */
  readonly type: string
  readonly attributes: readonly string[]
  readonly offers: readonly Offer[]
}

export interface Search {
  readonly type?: string
  /** The stream has all of them. */
  readonly attributes: readonly string[]
  /** One of its offers asks for no more, whatever its unit. */
  readonly priceMax?: number
}

/** Those that fit. With a greatest price each shows only the offers that keep to it. */
export function find(streams: readonly Stream[], { type, attributes, priceMax = Infinity }: Search): readonly Stream[] {
  const isSought = (stream: Stream): boolean => (type === undefined || stream.type.toLowerCase() === type.toLowerCase())
    && attributes.every(attribute => stream.attributes.includes(attribute))
  const found = streams.filter(isSought)
  if (priceMax === Infinity) return found
  const affordable = ({ offers }: Stream): readonly Offer[] => offers.filter(({ price }) => Number(price) <= priceMax)
  return found.map(stream => ({ ...stream, offers: affordable(stream) })).filter(({ offers }) => offers.length > 0)
}
