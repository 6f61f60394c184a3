// A document that cannot be read at all. What can be read but is not understood is a Fault of its rule instead, and permits nothing.

export class OdrlError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OdrlError'
  }
}

export function tooMuch(limit: string): OdrlError { return new OdrlError(`That is more than is read: ${limit}.`) }
