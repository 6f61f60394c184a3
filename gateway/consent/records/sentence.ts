// What a consent says, in one or two sentences that anybody understands: who, what, how exact, why, how long, for what price, where.
import type { Terms } from '#gateway/consent/events.ts'
import { durationWords, listWords, nameWords, placeWords, purposeWords } from '#gateway/consent/notices/words.ts'
import { exactnessWords, messageWords } from '#gateway/transforms/words.ts'
import { unitWordOf } from '#semantic-models/unit-words.ts'

export interface SentenceParts {
  readonly terms: Terms
  /** The recipient's; undefined: any. */
  readonly name: string | undefined
  readonly country: string | undefined
  /** Of the stream: `IndoorEnvironmentObserved`. */
  readonly type: string | undefined
  /** As its owner calls the device; left out where others read it. */
  readonly device?: string | undefined
  /** `0.001000 EUR per message`; undefined: nobody has named one. */
  readonly price?: string | undefined
  /** Where the gateway stores. */
  readonly storageCountry: string
  /** Somebody asks; else it is so. */
  readonly isAsked: boolean
}

export function sentenceOf({ terms, name, country, type, device, price, storageCountry, isAsked }: SentenceParts): string {
  const { purposes, attributes, until, keep, transforms } = terms, who = `${name ?? 'Whoever agrees with you'}${country === undefined ? '' : ` (in ${placeWords(country)})`}`
  const told = attributes.map(name => withWords(nameWords(name), exactnessWords(transforms, name, unitWordOf(type, name)))), ofAll = messageWords(transforms)
  const what = `${listWords(told)}${ofWhat(type, device)}${ofAll.length > 0 ? `, ${listWords(ofAll)}` : ''}`
  const why = listWords(purposes.map(purposeWords)), howLong = until === undefined ? 'until you withdraw it' : `until ${dateWords(until)}`
  const keeping = keep === undefined ? 'Nothing is said of how long it is kept.' : `It may be kept for ${durationWords(keep)}.`
  const money = price === undefined ? 'No price is named.' : `The price is ${price}.`
  return `${who} ${isAsked ? 'asks to receive' : 'may receive'} ${what}, for ${why}, ${howLong}. ${keeping} ${money} This gateway stores in ${placeWords(storageCountry)}.`
}

function withWords(name: string, words: string | undefined): string { return words === undefined ? name : `${name} (${words})` }

function ofWhat(type: string | undefined, device: string | undefined): string {
  const kind = type === undefined ? '' : ` (${nameWords(type)})`
  return device === undefined ? kind : ` of “${device}”${kind}`
}

function dateWords(time: number): string {
  const { hours, minutes } = { hours: new Date(time).getUTCHours(), minutes: new Date(time).getUTCMinutes() }
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(time)
  return hours === 0 && minutes === 0 ? day : `${day}, ${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')} UTC`
}
