// What the API is given: the rooms of the gateway that it speaks for.
import type { Aggregates } from '#gateway/aggregates/aggregates.ts'
import type { Backups } from '#gateway/backup/backups.ts'
import type { Bridges } from '#gateway/bridge/bridges.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import type { Notices } from '#gateway/consent/notices/notices.ts'
import type { Records } from '#gateway/consent/records/records.ts'
import type { Plans } from '#gateway/decision/plans.ts'
import type { Certificates } from '#gateway/devices/certificates.ts'
import type { Devices } from '#gateway/devices/devices.ts'
import type { Sources } from '#gateway/devices/sources.ts'
import type { Streams } from '#gateway/devices/streams.ts'
import type { Subjects } from '#gateway/devices/subjects.ts'
import type { History } from '#gateway/history/history.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import type { Ledger } from '#gateway/market/ledger.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { Offers } from '#gateway/market/offers.ts'
import type { Groups } from '#gateway/parties/groups.ts'
import type { Parties } from '#gateway/parties/parties.ts'
import type { Jwk } from '#gateway/proof/public-keys.ts'
import type { Previews } from '#gateway/publish/previews.ts'
import type { Seals } from '#gateway/publish/sealed-sink.ts'
import type { LiveStreams } from '#gateway/publish/websocket.ts'
import type { Erasures } from '#gateway/rights/erasures.ts'
import type { Rights } from '#gateway/rights/rights.ts'
import type { Explain } from '#gateway/telemetry/explain.ts'
import type { Log, LogLevels } from '#gateway/telemetry/log.ts'
import type { TransparencyLog } from '#gateway/transparency/transparency-log.ts'

export interface Services {
  readonly parties: Parties
  readonly sources: Sources
  readonly certificates: Certificates
  readonly bridges: Bridges
  readonly devices: Devices
  readonly streams: Streams
  readonly groups: Groups
  readonly subjects: Subjects
  readonly consents: Consents
  readonly notices: Notices
  readonly records: Records
  readonly previews: Previews
  readonly offers: Offers
  readonly agreements: Agreements
  readonly meter: Meter
  readonly ledger: Ledger
  readonly transparency: TransparencyLog
  readonly plans: Plans
  /** undefined: none is kept. */
  readonly history: History | undefined
  readonly backups: Backups
  readonly erasures: Erasures
  readonly rights: Rights
  readonly aggregates: Aggregates
  readonly explain: Explain
  readonly clock: Clock
  readonly live: LiveStreams
  readonly seals: Seals
  /** By which receivers check what is proven. */
  readonly publicKeys: readonly Jwk[]
  readonly log: Log
  readonly logLevel: LogLevels
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
  readonly readiness: () => { readonly ready: boolean, readonly reasons: readonly string[] }
  /** Where devices connect; over TLS as well, where there is that. */
  readonly mqttUrls: () => { readonly mqtt: string, readonly mqtts?: string | undefined }
}
