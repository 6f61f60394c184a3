// The commands for figures that are made of many readings.
import type { Command } from '#cli/command.ts'
import { READING } from '#cli/table-parts.ts'

const aggregates = () => import('#cli/commands/aggregates.ts')

export const AGGREGATE_COMMANDS: readonly Command[] = [
  {
    name: 'aggregate create', group: READING, summary: 'Has one figure made of many readings, window by window, on a stream of its own that is live only.',
    options: [
      { name: 'type', type: 'text', value: 'TYPE', isRequired: true, help: 'Of which NGSI-LD type, such as IndoorEnvironmentObserved.' },
      { name: 'attribute', type: 'text', value: 'NAME', isRequired: true, help: 'Which attribute; it is a number.' },
      { name: 'function', type: 'choice', values: ['mean', 'sum', 'count', 'min', 'max'], isRequired: true, help: 'What to make of what contributors bring, each the mean of its readings. An extreme counts only those of whom you may have the reading itself.' },
      { name: 'window', type: 'integer', value: 'SECONDS', isRequired: true, min: 1, max: 31_536_000, help: 'How long: of all your aggregates of an attribute the same. Owners may have said how long it may be.' },
      { name: 'contributors', type: 'integer', value: 'K', min: 3, max: 1_000, default: 5, help: 'Of fewer than these nothing leaves.' },
      { name: 'purpose', type: 'text', value: 'P', isRequired: true, help: 'What for (DPV): that of your agreements, or a narrower one.' },
      { name: 'step', type: 'number', value: 'STEP', help: 'Figures are multiples of it; 0.001 unless given. An extreme needs it.' },
      { name: 'range', type: 'text', value: 'LOW..HIGH', help: 'With noise: between these. What lies outside is taken to be the end.' },
      { name: 'epsilon', type: 'number', value: 'E', min: 0.000001, max: 10, help: 'With noise of that much, so that it may count those who asked for it. Each window takes it from what a day may tell of each of them.' },
    ],
    examples: [
      'sluice aggregate create --type IndoorEnvironmentObserved --attribute temperature --function mean --window 900 --contributors 10 --purpose dpv:PublicBenefit',
      'sluice aggregate create --type WeatherObserved --attribute temperature --function mean --window 3600 --purpose dpv:PublicBenefit --range=-20..50 --epsilon 1',
    ],
    load: async () => (await aggregates()).aggregateCreate,
  },
  { name: 'aggregate list', group: READING, summary: 'Lists your aggregates, and what became of the last window of each.', options: [], examples: ['sluice aggregate list'], load: async () => (await aggregates()).aggregateList },
  {
    name: 'aggregate remove', group: READING, summary: 'Removes an aggregate. Its stream ends.', options: [], arguments: [{ name: 'AGGREGATE', help: 'Its id.' }],
    examples: ['sluice aggregate remove agg_b6ynd3q5ujw2c7mzf4ktx6vhpa'], load: async () => (await aggregates()).aggregateRemove,
  },
]
