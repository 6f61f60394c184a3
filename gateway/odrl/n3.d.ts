// The part of the package n3 that we use. It comes without types.
declare module 'n3' {
  interface ParsedTerm {
    readonly termType: 'NamedNode' | 'BlankNode' | 'Literal' | 'DefaultGraph' | 'Variable' | 'Quad'
    readonly value: string
    readonly language?: string
    readonly datatype?: ParsedTerm
  }
  interface ParsedQuad { readonly subject: ParsedTerm, readonly predicate: ParsedTerm, readonly object: ParsedTerm, readonly graph: ParsedTerm }
  class Parser {
    constructor(options: { readonly format: string, readonly blankNodePrefix: string })
    /** Throws an Error that names the line. */
    parse(text: string): readonly ParsedQuad[]
  }
}
