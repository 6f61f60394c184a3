// What is asked for: by the message where it says so, else by the node's settings.
import { isRecord } from './record.ts'
import type { Question } from './request-node.ts'
import { asText, evaluated } from './settings.ts'

/** A member of `msg.payload`, else a property of the node; undefined where neither says anything. */
export async function wished({ RED, node, config, message }: Question, property: string, member = property): Promise<unknown> {
  const payload = message?.payload, given = isRecord(payload) ? payload[member] : undefined
  const found = given ?? await evaluated(RED, node, config, property, message)
  return found === '' ? undefined : found
}

/** As text; throws BAD_REQUEST where it is none. */
export async function wishedText(question: Question, property: string, member = property): Promise<string | undefined> {
  const found = await wished(question, property, member)
  return found === undefined ? undefined : asText(found, member)
}
