// What each Buffer has and its types do not tell: without the looking at names of encodings that `write` and `toString` do.
interface Buffer {
  latin1Write(text: string, at: number): number
  utf8Write(text: string, at: number): number
  latin1Slice(from: number, to: number): string
}
