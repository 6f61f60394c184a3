// What was given on a command line, checked against its command.
export type Value = string | number | boolean | readonly string[] | readonly [number, number]

export class Input {
  readonly #values: ReadonlyMap<string, Value>

  /** Arguments and options by name. Each value is of the type that its option names. */
  constructor(values: ReadonlyMap<string, Value>) { this.#values = values }

  /** A text that the command needs. */
  needed(name: string): string { return this.#values.get(name) as string }
  text(name: string): string | undefined { return this.#values.get(name) as string | undefined }
  number(name: string): number | undefined { return this.#values.get(name) as number | undefined }
  list(name: string): readonly string[] | undefined { return this.#values.get(name) as readonly string[] | undefined }
  location(name: string): readonly [number, number] | undefined { return this.#values.get(name) as readonly [number, number] | undefined }
  flag(name: string): boolean { return this.#values.get(name) === true }
}
