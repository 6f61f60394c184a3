// The part of Node-RED's runtime that these nodes use, as nodes see it (nodered.org, Creating Nodes). Node-RED brings no types of its own.

/** A message of a flow. Who sent it must not change it any more; who received it may. */
export interface Message {
  topic?: unknown
  payload?: unknown
  [name: string]: unknown
}

export type Send = (message: Message) => void
/** Ends an input: with nothing a Complete node hears of it, with an error a Catch node. */
export type Done = (error?: Error) => void

/** `text` is short: the editor shows about twenty characters. Without members: no status. */
export interface Status {
  readonly fill?: 'red' | 'yellow' | 'green' | 'blue' | 'grey'
  readonly shape?: 'ring' | 'dot'
  readonly text?: string
}

export interface RedNode {
  readonly id: string
  /** What the editor keeps apart from the flow, encrypted. */
  readonly credentials?: Readonly<Record<string, string | undefined>>
  on(event: 'input', listener: (this: RedNode, message: Message, send: Send, done: Done) => void): void
  on(event: 'close', listener: (removed: boolean, done: () => void) => void): void
  send(message: Message): void
  status(status: Status): void
  /** With a message it goes to the Catch nodes, without one to the log only. */
  error(error: Error, message?: Message): void
  warn(text: string): void
}

/** What the editor saved of a node: a property may be missing in a flow that was made by hand. */
export type RedConfig = Readonly<Record<string, unknown>>

export type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string

export interface Red {
  readonly nodes: {
    createNode(node: RedNode, config: RedConfig): void
    registerType(type: string, constructor: (this: RedNode, config: RedConfig) => void, options?: RegisterOptions): void
    getNode(id: string): unknown
  }
  readonly util: {
    evaluateNodeProperty(
      value: string, type: string, node: RedNode, message: Message | undefined, callback: (error: Error | null, result: unknown) => void,
    ): void
  }
  readonly settings: { readonly userDir?: string }
  /** Looks a text up in the locale of the node that asks. */
  readonly _: Translate
}

export interface RegisterOptions { readonly credentials?: Readonly<Record<string, { readonly type: 'text' | 'password' }>> }
