// What is remembered of a CONNECT: nothing secret, and no view that would keep the rest of what the socket brought with it.
import type { Connect } from '#gateway/mqtt/codec/packets.ts'

export type Asked = Pick<Connect, 'isBridge' | 'properties' | 'will'>

export function lasting({ isBridge, properties, will }: Connect): Asked {
  const { forwarded, messageExpiry, willDelay } = will?.properties ?? {}
  return { isBridge, properties, will: will && { ...will, properties: { forwarded, messageExpiry, willDelay } } }
}
