// Pseudonyms: the same name for one recipient each time, another for the next, and none that anybody could work out without the secret.
// In two steps, so that what is kept is no more than what the recipients' pseudonyms are made of.
import { createHmac } from 'node:crypto'

/** 128 bits, in hexadecimal. */
const PSEUDONYM_CHARS = 32
/** IRIs, since what a relationship points to is one. */
const KEPT = 'urn:sluice:kept:', PSEUDONYM = 'urn:sluice:pseudonym:'
const KEPT_FORM = new RegExp(`^${KEPT}[0-9a-f]{${PSEUDONYM_CHARS}}$`)
/** Texts that are remembered: most come again, and are few. */
const MEMORY_MAX = 64

export type Renaming = (text: string) => string

export class Pseudonyms {
  readonly #secret: Buffer

  /** `secret`: 32 random bytes. */
  constructor(secret: Buffer) { this.#secret = secret }

  /** What is kept in the place of a text. By owner: nobody learns what another's mean by having them made of their own. */
  keptFor(ownerId: string): Renaming {
    const key = this.#keyOf('owner', ownerId)
    return remembering(text => KEPT_FORM.test(text) ? text : KEPT + named(key, text))
  }

  /** What a recipient gets in the place of a text, or of what is kept for it. */
  for(ownerId: string, recipientId: string): Renaming {
    const key = this.#keyOf('recipient', recipientId), kept = this.keptFor(ownerId)
    return remembering(text => PSEUDONYM + named(key, kept(text)))
  }

  #keyOf(what: string, id: string): Buffer { return createHmac('sha256', this.#secret).update(`${what} ${id}`).digest() }
}

function named(key: Buffer, text: string): string { return createHmac('sha256', key).update(text).digest('hex').slice(0, PSEUDONYM_CHARS) }

function remembering(rename: Renaming): Renaming {
  const known = new Map<string, string>()
  return text => {
    let name = known.get(text)
    if (name === undefined) {
      if (known.size >= MEMORY_MAX) known.clear()
      known.set(text, name = rename(text))
    }
    return name
  }
}
