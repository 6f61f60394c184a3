// The head of a tree: what is signed for all of its leaves at once. A text of five lines, so that it can be made again in any language.

/** What the leaves are. It begins each head: a signature under one kind of tree says nothing of another. */
export const MESSAGES_SCHEME = 'sluice/messages/v1'
/** Of the transparency log. */
export const TRANSPARENCY_SCHEME = 'sluice/transparency/v1'

export interface Head {
  readonly scheme: string
  /** Of the key that signs: its thumbprint, so that a head names its gateway. */
  readonly kid: string
  /** When it was signed, in milliseconds since 1970. */
  readonly time: number
  /** How many leaves there are. */
  readonly size: number
  /** In base64. */
  readonly root: string
}

export interface SignedHead extends Head {
  /** Of the head's text, in base64. */
  readonly signature: string
}

/** What is signed. */
export function headText({ scheme, kid, time, size, root }: Head): string { return `${scheme}\n${kid}\n${time}\n${size}\n${root}\n` }
