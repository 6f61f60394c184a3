// What the messages of one topic look like, as far as that can be said without reading one: for roads that take bytes and not values.
// A layout is a promise: where every field of a message has a route, and no other key is one to be handed back, `decode` gives exactly the
// readings that the layout says, refuses nothing, and remembers nothing new.
import type { Quantity } from '#adapters/quantity.ts'
import type { Phase } from '#adapters/reading.ts'

/** The steps from the root of a JSON value to a field: keys of objects, indices of arrays. */
export type FieldPath = readonly (string | number)[]

/** The reading that a field becomes. */
export interface ReadingForm {
  /** Behind the key of the device, for a further channel of it: `<device>.<channel>`. */
  readonly channel?: string
  readonly quantity: Quantity
  readonly unit: string
  readonly phase?: Phase
  /** Of several readings of one quantity in one place the lowest counts. */
  readonly rank: number
}

/** What a field is under a condition on its message; the first route that fits counts. */
export interface FieldRoute {
  /** Bits: marks that must have been left by the keys of the message, or must not. */
  readonly needs?: number
  readonly lacks?: number
  /** Numbers: both ends are in. */
  readonly from?: number
  readonly to?: number
  /** Undefined: the field says nothing here. */
  readonly reading: ReadingForm | undefined
}

/** A value that a text quantity is made from. */
export interface WordForm { readonly sent: string | boolean, readonly word: string }

export interface FieldForm {
  readonly path: FieldPath
  /** Bits that its presence leaves, also where it is null. */
  readonly marks: number
  /** None: a message with this field is for `decode`. */
  readonly routes: readonly FieldRoute[]
  /** Given: the field is one of these and no number. */
  readonly words?: readonly WordForm[]
}

/** Keys of the root that are no field. What looks like none of these is passed over. */
export interface OtherKeys {
  /** At most eight ASCII characters. */
  readonly startsWith: string
  readonly isAnyCase?: boolean
  readonly lengthMax?: number
  /** Bits that it leaves; undefined: the message is for `decode`. */
  readonly marks?: number
}

export interface Layout {
  readonly fields: readonly FieldForm[]
  readonly others: readonly OtherKeys[]
  /** `<field>_…` is for `decode`: an endpoint or a phase of that field. */
  readonly hasEndpoints: boolean
  /** Milliseconds, or RFC 3339 with a zone: the device's own time. */
  readonly time?: FieldPath
}
