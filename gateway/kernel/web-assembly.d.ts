// The few names of WebAssembly that are used here: Node has them, and its types do not.
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer
    constructor(descriptor: { initial: number, maximum?: number })
    grow(pages: number): number
  }
  class Module { constructor(bytes: Uint8Array) }
  class Instance {
    readonly exports: Record<string, unknown>
    constructor(module: Module, imports: Record<string, Record<string, unknown>>)
  }
}
