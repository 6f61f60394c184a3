// What the messages of one topic look like, as far as that can be said without reading one: for roads that take bytes and not values.
// A layout is a promise: where every field of a message has a route, and no other key is one to be handed back, `decode` gives exactly the
// readings that the layout says, refuses nothing, and remembers and reports nothing that is not known already.
import type { Quantity } from '#adapters/quantity.ts'
import type { DeviceReport, Phase } from '#adapters/reading.ts'

/** A step: whatever key has an object, and is none of its siblings. */
export const ANY = Symbol('any other key')

/** The steps from the root of a JSON value to a field: keys of objects, indices of arrays. */
export type FieldPath = readonly (string | number | typeof ANY)[]

/** The reading that a field becomes. */
export interface ReadingForm {
  /** Behind the key of the device, for a further channel of it: `<device>.<channel>`. */
  readonly channel?: string
  readonly quantity: Quantity
  readonly unit: string
  readonly phase?: Phase
  /** Of several readings of one quantity in one place the lowest counts, of equals the first in the message. */
  readonly rank: number
}

/** What a field is under a condition on its message; the first route that fits counts. */
export interface FieldRoute {
  /** Bits: marks that must have been left by the message, or must not. */
  readonly needs?: number
  readonly lacks?: number
  /** Numbers: both ends are in. */
  readonly from?: number
  readonly to?: number
  /** What `decode` reports of the device with it. Of whom that is not known yet, the message is for `decode`. */
  readonly tells?: Pick<DeviceReport, 'phases' | 'role'>
  /** Undefined: the field says nothing here. */
  readonly reading: ReadingForm | undefined
}

/** Stands for a text that each device has of its own, where all else of a layout is many devices'. */
export const OWN = Symbol('the own text of the device')

/** A value that a text quantity is made from, or that says something of the message. */
export interface WordForm {
  /** OWN: the device's own text, as `layout` found it. */
  readonly sent: string | boolean | number | typeof OWN
  readonly word: string
  /** Bits that it leaves. */
  readonly marks?: number
}

export interface FieldForm {
  readonly path: FieldPath
  /** Bits that its presence leaves, also where it is null. */
  readonly marks: number
  /** None: a message with this field is for `decode`. */
  readonly routes: readonly FieldRoute[]
  /** Given: the field is one of these and no number. */
  readonly words?: readonly WordForm[]
  /** A plain decimal text ("-21.50", "007") is the number that it says. */
  readonly isTextToo?: true
  /** It has to be there, and one of the words; where it is a mark, an object with fields. */
  readonly isRequired?: true
  /** With null in it the message is for `decode`; else null says nothing. */
  readonly isNeverNull?: true
  /** It may be of any type, an object with fields too: only its marks are looked at, and its route, which says nothing, to what it tells. */
  readonly isMark?: true
  /** It may be of any type, but where a word of a text begins like one of these (lower case, at most eight characters), it is for `decode`. */
  readonly alien?: readonly string[]
}

/** Keys of an object that are no field. What looks like none of these is passed over. */
export interface OtherKeys {
  /** At most eight ASCII characters; '' is any. */
  readonly startsWith: string
  readonly isAnyCase?: boolean
  readonly lengthMax?: number
  /** Bits that it leaves; undefined: the message is for `decode`. */
  readonly marks?: number
}

/** An object on the way to fields, where there is more to say of it than its fields. */
export interface ObjectForm {
  readonly path: FieldPath
  readonly others?: readonly OtherKeys[]
  /** `<field>_…_<one of these>` is for `decode`, and so is `<field>_…` with a digit at its end: an endpoint or a phase. At most eight characters. */
  readonly endpoints?: readonly string[]
  /** A key that is none of its fields, and has an object or an array, is for `decode`. */
  readonly isOpen?: true
  /** A key that ends with `_` is for `decode` (RFC 8428 §4.4). */
  readonly isStrict?: true
  /** Keys are compared as `foldName` has them, and so are the fields' names. A number or a word behind the name of a field is for `decode`. */
  readonly isFolded?: true
}

/** Where the device's own time stands, and how. Another type than those named is for `decode`. */
export interface TimeForm {
  readonly path: FieldPath
  /** What a number counts since 1970. */
  readonly number?: 'milliseconds' | 'seconds'
  /** RFC 3339 with a zone; `local`: also without, as the clocks of `zone` show it (no zone: such a text is no time). */
  readonly text?: 'instant' | 'local'
  readonly zone?: string
  /** Smaller numbers are for `decode`, and so is null. */
  readonly from?: number
  /** It is not the one that counts, and has to be the same. */
  readonly agrees?: true
}

/** Radio gateways in a list: `rssi` is the best one's, and `snr` the same one's. */
export interface SignalForm {
  readonly list: FieldPath
  /** What a missing snr means; undefined: it is not told. */
  readonly snrLeftOut?: 0
}

export interface Layout {
  readonly fields: readonly FieldForm[]
  readonly objects: readonly ObjectForm[]
  /** The first that is there counts. */
  readonly times: readonly TimeForm[]
  /** So many of the fields come first, in their order here; the others as in the message (that is the order of the entities). */
  readonly ordered?: number
  /** A message that has all marks of one of these is for `decode`. */
  readonly apart?: readonly number[]
  readonly signal?: SignalForm
}

/** What a packet shows of its topic's messages. */
export interface Found {
  /** Key of the device inside its source. */
  readonly device: string
  readonly layout: Layout
  /** What OWN stands for. */
  readonly own?: string
}
