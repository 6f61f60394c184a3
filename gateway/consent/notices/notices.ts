// Notices: what an owner was told before they consented. Texts have versions, and a consent is bound to the hash of the one it was given under.
import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Facts } from '#gateway/consent/notices/facts.ts'
import { noticeText } from '#gateway/consent/notices/notice-text.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'

export const NOTICE_CHARS_MAX = 12_000
/** Versions in one language of one owner, or of the gateway. */
export const NOTICE_VERSIONS_MAX = 1_000
export const DEFAULT_LANGUAGE = 'en'

/** What a consent holds of its notice. */
export interface NoticeRef {
  readonly language: string
  readonly version: number
  /** SHA-256 of the text (UTF-8), hexadecimal. */
  readonly hash: string
}

export interface Notice extends NoticeRef {
  /** '' : the gateway's. */
  readonly ownerId: string
  /** All of it: what somebody wrote, and what the gateway says of itself. */
  readonly text: string
  /** What somebody wrote; '' : nobody did. */
  readonly ownText: string
  readonly facts: Facts
  /** Whoever consented to an earlier version is asked again. */
  readonly isMaterial: boolean
  readonly createdAt: number
}

export interface NewNotice { readonly language: string, readonly text: string, readonly isMaterial: boolean }

const OF_GATEWAY = ''

export class Notices {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #facts: Facts
  readonly #byHash = new Map<string, Notice>()
  /** Versions in order, by owner and then by language. */
  readonly #versions = new Map<string, Map<string, Notice[]>>()

  /** Where the gateway's facts have changed since, each notice gets a new version that says so. */
  constructor(database: DatabaseSync, clock: Clock, facts: Facts) {
    this.#database = database
    this.#clock = clock
    this.#facts = facts
    const rows = database.prepare('SELECT * FROM notices ORDER BY created_at, version').all() as unknown as Row[]
    for (const row of rows) this.#index(fromRow(row))
    if (this.#latest(OF_GATEWAY, DEFAULT_LANGUAGE) === undefined) this.#add(OF_GATEWAY, { language: DEFAULT_LANGUAGE, text: '', isMaterial: false })
    for (const [ownerId, languages] of this.#versions) for (const versions of languages.values()) this.#refresh(ownerId, versions.at(-1)!)
  }

  /**
   * What a consent of this owner is given under now: their own text, else the gateway's. A language that is named is kept to. Throws
   * BAD_REQUEST where there is none in it.
   */
  current(ownerId: string, language?: string): Notice {
    for (const scope of [ownerId, OF_GATEWAY]) {
      const found = language === undefined ? this.#newest(scope) : this.#latest(scope, language)
      if (found) return found
    }
    throw new GatewayError('BAD_REQUEST', `There is no notice in ${JSON.stringify(language)}: there is one in ${this.#languages(ownerId).join(', ')}.`)
  }

  get(noticeHash: string): Notice | undefined { return this.#byHash.get(noticeHash) }

  /** Whether an owner has to be asked again: what they were told has changed in something that matters. */
  isOutdated(ownerId: string, given: NoticeRef | undefined): boolean {
    if (given === undefined) return true
    const before = this.#byHash.get(given.hash), scope = before?.ownerId ?? OF_GATEWAY
    const now = this.#latest(ownerId, given.language) ?? this.#latest(OF_GATEWAY, given.language)
    if (!now || now.hash === given.hash) return false
    const since = now.ownerId === scope ? this.#of(scope, given.language).filter(({ version }) => version > given.version) : [now]
    return since.some(({ isMaterial }) => isMaterial)
  }

  /** A new version of an owner's text, or with '' of the gateway's. The same text again is no new version. */
  set(ownerId: string, { language, text, isMaterial }: NewNotice): Notice {
    const ownText = text.trim(), last = this.#latest(ownerId, language)
    if (ownText === '' || ownText.length > NOTICE_CHARS_MAX) throw new GatewayError('BAD_REQUEST', `A notice has 1 to ${NOTICE_CHARS_MAX} characters.`)
    if (last?.ownText === ownText) return last
    return this.#add(ownerId, { language, text: ownText, isMaterial })
  }

  /** An owner whose rows are gone: they were erased. A text that somebody else has as well is still found. */
  forget(ownerId: string): void {
    this.#versions.delete(ownerId)
    this.#byHash.clear()
    for (const languages of this.#versions.values()) for (const notice of [...languages.values()].flat()) this.#byHash.set(notice.hash, notice)
  }

  #refresh(ownerId: string, { language, ownText, facts }: Notice): void {
    if (JSON.stringify(facts) !== JSON.stringify(this.#facts)) this.#add(ownerId, { language, text: ownText, isMaterial: true })
  }

  #add(ownerId: string, { language, text: ownText, isMaterial }: NewNotice): Notice {
    const versions = this.#of(ownerId, language), version = (versions.at(-1)?.version ?? 0) + 1
    if (versions.length >= NOTICE_VERSIONS_MAX) throw new GatewayError('LIMIT_REACHED', `There are ${NOTICE_VERSIONS_MAX} versions of this notice, and no more fit.`)
    const text = noticeText(ownText, this.#facts, version), createdAt = this.#clock.now()
    const notice: Notice = { ownerId, language, version, hash: hash('sha256', text), text, ownText, facts: this.#facts, isMaterial, createdAt }
    this.#database.prepare('INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(ownerId, language, version, notice.hash, text, ownText, JSON.stringify(notice.facts), Number(isMaterial), createdAt)
    this.#index(notice)
    return notice
  }

  #index(notice: Notice): void {
    const { ownerId, language, hash: noticeHash } = notice, languages = this.#versions.get(ownerId) ?? new Map<string, Notice[]>()
    this.#versions.set(ownerId, languages.set(language, [...languages.get(language) ?? [], notice]))
    this.#byHash.set(noticeHash, notice)
  }

  #of(ownerId: string, language: string): readonly Notice[] { return this.#versions.get(ownerId)?.get(language) ?? [] }
  #latest(ownerId: string, language: string): Notice | undefined { return this.#of(ownerId, language).at(-1) }

  /** Of all languages the one that was written last. */
  #newest(ownerId: string): Notice | undefined {
    const latest = [...this.#versions.get(ownerId)?.values() ?? []].map(versions => versions.at(-1)!)
    return latest.reduce<Notice | undefined>((newest, notice) => newest && newest.createdAt >= notice.createdAt ? newest : notice, undefined)
  }

  #languages(ownerId: string): readonly string[] {
    return [...new Set([ownerId, OF_GATEWAY].flatMap(scope => [...this.#versions.get(scope)?.keys() ?? []]))]
  }
}

export function knownNotice(notices: Notices, noticeHash: string): Notice {
  const found = notices.get(noticeHash)
  if (!found) throw notFound('notice')
  return found
}

interface Row {
  readonly owner_id: string
  readonly language: string
  readonly version: number
  readonly hash: string
  readonly text: string
  readonly own_text: string
  readonly facts: string
  readonly is_material: number
  readonly created_at: number
}

function fromRow({ owner_id, language, version, hash: noticeHash, text, own_text, facts, is_material, created_at }: Row): Notice {
  return {
    ownerId: owner_id, language, version, hash: noticeHash, text, ownText: own_text, facts: JSON.parse(facts) as Facts, isMaterial: is_material !== 0, createdAt: created_at,
  }
}
