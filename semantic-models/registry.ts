// The models that there are.
import { Model } from '#semantic-models/model.ts'
import { RULES } from '#semantic-models/rules.ts'

const byType: ReadonlyMap<string, Model> = new Map(RULES.models.map(rule => [rule.type, new Model(rule)]))

export function modelOf(type: string): Model | undefined { return byType.get(type) }
export function models(): readonly Model[] { return [...byType.values()] }
