// Why messages were refused lately, for the owner of the source they came from.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { notFound } from '#gateway/errors.ts'

export function explain({ services, party, parameters: { source, last } }: Call<undefined, { source: string, last: number }>) {
  if (services.sources.get(source)?.ownerId !== party.id) throw notFound('source')
  return services.explain.last(source, last).map(({ at, topic, code, field, detail }) => ({ at: timeText(at), topic, code, field, detail }))
}
