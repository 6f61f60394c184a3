// Prometheus metrics, read from the books of the data path when they are asked for: the data path itself only counts.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { StageTimes } from '#gateway/telemetry/stage-times.ts'
import { NO_RULE, type Roads, type Rule } from '#gateway/telemetry/roads.ts'
import type { DoorCounts, Tally } from '#gateway/telemetry/tally.ts'

export interface MetricSources {
  readonly tally: Tally
  readonly times: StageTimes
  readonly door: DoorCounts
  readonly connections: () => number
  readonly subscriptions: () => number
  /** By state. */
  readonly bridges: () => Readonly<Record<string, number>>
  readonly history: () => { readonly written: number, readonly unfit: number, readonly retries: number, readonly waiting: number } | undefined
  /** Windows by what became of them, and contributors left out. */
  readonly aggregates: { readonly count: number, readonly outcomes: Readonly<Record<string, number>>, readonly spentCount: number }
  readonly journalBytes: () => number
  readonly streams: () => number
}

/** Labels have a closed set of values: no topic, name or id of anyone. */
export function makeMetrics(sources: MetricSources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  countFromTheStart(registry)
  const { tally, times, door } = sources
  counter(registry, 'sluice_envelopes_received_total', 'Envelopes: observations, and packets that gave none.', () => tally.received)
  counter(registry, 'sluice_envelopes_delivered_total', 'Envelopes handed to the network for at least one grant.', () => tally.delivered)
  counter(registry, 'sluice_envelopes_failed_total', 'Envelopes that could not be kept.', () => tally.failed)
  counter(registry, 'sluice_deliveries_total', 'Messages handed over to subscribers.', () => tally.deliveries)
  labelled(registry, 'sluice_envelopes_dropped_total', 'Envelopes dropped, by reason.', 'reason', () => tally.dropped)
  labelled(registry, 'sluice_fields_refused_total', 'Fields, or whole payloads, refused while decoding and mapping, by reason.', 'reason', () => tally.fields)
  roads(registry, tally.roads)
  labelled(registry, 'sluice_stage_seconds_total', 'Time spent in each stage: from bytes to what may leave (map), into the journal, and out to readers.', 'stage', () => times.seconds)
  labelled(registry, 'sluice_stage_runs_total', 'Runs of each stage.', 'stage', () => times.counts)
  counter(registry, 'sluice_mqtt_connects_total', 'MQTT connections that were let in.', () => door.connected)
  labelled(registry, 'sluice_mqtt_refused_total', 'Connections that were not let in, by reason.', 'reason', () => door.refused)
  labelled(registry, 'sluice_mqtt_closed_total', 'Connections that ended, by reason.', 'reason', () => door.closed)
  counter(registry, 'sluice_mqtt_left_out_total', 'Deliveries inside a source, and values to be retained there, for which there was no room.', () => door.leftOut)
  labelled(registry, 'sluice_mqtt_holds_total', 'How often a source was not read for a moment, because it sent faster than it may (rate) or took more long-road time than it may (long-road).', 'cause', () => door.holds)
  labelled(registry, 'sluice_mqtt_held_seconds_total', 'Time in which sources were not read, by cause, over all sources.', 'cause', () => seconds(door.heldMs))
  gauge(registry, 'sluice_envelopes_in_flight', 'Envelopes on their way to the journal.', () => tally.inFlight)
  gauge(registry, 'sluice_mqtt_connections', 'Devices and hubs connected.', sources.connections)
  gauge(registry, 'sluice_subscriptions', 'Streams open to subscribers and owners.', sources.subscriptions)
  new Gauge({
    name: 'sluice_bridges', help: 'Bridges to foreign brokers, by state.', registers: [registry], labelNames: ['state'],
    collect() { for (const [state, count] of Object.entries(sources.bridges())) this.set({ state }, count) },
  })
  counter(registry, 'sluice_history_points_total', 'Points that the history has kept.', () => sources.history()?.written ?? 0)
  counter(registry, 'sluice_history_unfit_total', 'Points that the history did not take.', () => sources.history()?.unfit ?? 0)
  counter(registry, 'sluice_history_retries_total', 'Writes to the history that failed and were tried again.', () => sources.history()?.retries ?? 0)
  gauge(registry, 'sluice_history_waiting', 'Points on their way to the history.', () => sources.history()?.waiting ?? 0)
  gauge(registry, 'sluice_aggregates', 'Aggregates that recipients have defined.', () => sources.aggregates.count)
  labelled(registry, 'sluice_aggregate_windows_total', 'Windows of aggregates that have ended, by what became of them.', 'outcome', () => sources.aggregates.outcomes)
  counter(registry, 'sluice_aggregate_spent_total', 'Contributors left out of a window because enough was told of them that day.', () => sources.aggregates.spentCount)
  gauge(registry, 'sluice_journal_bytes', 'Size of the journal.', sources.journalBytes)
  gauge(registry, 'sluice_streams', 'Streams known.', sources.streams)
  return registry
}

/** The library counts processor time from now on: what the process has used before is added. */
function countFromTheStart(registry: Registry): void {
  const { user, system } = process.cpuUsage()
  for (const [name, microseconds] of [['user_', user], ['system_', system], ['', user + system]] as const) {
    (registry.getSingleMetric(`process_cpu_${name}seconds_total`) as Counter).inc(microseconds / 1e6)
  }
}

/** What was learned has both roads from its first message on, so that a share can be made of them. */
function roads(registry: Registry, books: Roads): void {
  const rules = { registers: [registry], labelNames: ['dialect', 'rule'] }
  new Counter({
    name: 'sluice_short_road_total', help: 'Messages that the kernel took, by dialect and rule (the model that they become).', ...rules,
    collect() { this.reset(); for (const { dialect, name, taken } of learnedIn(books)) this.inc({ dialect, rule: name }, taken) },
  })
  new Counter({
    name: 'sluice_topics_learned_total', help: 'How often a topic was learned, by dialect and rule: from then on its messages are for the kernel.', ...rules,
    collect() { this.reset(); for (const { dialect, name, learned } of learnedIn(books)) this.inc({ dialect, rule: name }, learned) },
  })
  new Counter({
    name: 'sluice_long_road_total', help: 'Messages that were decoded one by one, by dialect, rule (none: their topic was not learned) and reason.', registers: [registry], labelNames: ['dialect', 'rule', 'reason'],
    collect() {
      this.reset()
      for (const { dialect, name, long } of books.all) for (const [reason, count] of Object.entries(long)) if (count > 0) this.inc({ dialect, rule: name, reason }, count)
    },
  })
}

function learnedIn({ all }: Roads): readonly Rule[] { return all.filter(({ name }) => name !== NO_RULE) }

function seconds(ms: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, value / 1_000]))
}

function counter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({ name, help, registers: [registry], collect() { this.reset(); this.inc(read()) } })
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({ name, help, registers: [registry], collect() { this.set(read()) } })
}

function labelled(registry: Registry, name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
  new Counter({ name, help, registers: [registry], labelNames: [label], collect() { this.reset(); for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count) } })
}
