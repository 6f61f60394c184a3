// Notices: what owners are told before they consent, in its versions.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { knownNotice, type Notice } from '#gateway/consent/notices/notices.ts'

interface NewNotice { readonly text: string, readonly language: string, readonly material: boolean }

export function showNotice({ services, party, parameters }: Call<undefined, { language?: string }>) {
  return noticeView(services.notices.current(party.id, parameters.language))
}

export function noticeByHash({ services, parameters }: Call<undefined, { hash: string }>) {
  return noticeView(knownNotice(services.notices, parameters.hash))
}

/** An owner's is for their own consents, an operator's for those of everybody who has none of their own. */
export function setNotice({ services, party, body }: Call<NewNotice>) {
  const { text, language, material } = body
  return noticeView(services.notices.set(party.role === 'operator' ? '' : party.id, { text, language, isMaterial: material }))
}

function noticeView({ ownerId, language, version, hash, text, isMaterial, createdAt }: Notice) {
  return { of: ownerId === '' ? 'gateway' : 'owner', language, version, hash, material: isMaterial, createdAt: timeText(createdAt), text }
}
