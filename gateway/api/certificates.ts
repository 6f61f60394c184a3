// Certificates of a source: an owner registers those by which its devices come without a password.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Certificate } from '#gateway/devices/certificates.ts'

interface OfSource { readonly sourceId: string }
interface OneCertificate extends OfSource { readonly fingerprint: string }

export function addCertificate({ services, party, parameters, body }: Call<{ readonly certificate: string }, OfSource>) {
  return certificateView(services.certificates.add(party.id, parameters.sourceId, body.certificate))
}

export function listCertificates({ services, party, parameters }: Call<undefined, OfSource>) {
  return services.certificates.listOf(party.id, parameters.sourceId).map(certificateView)
}

export function removeCertificate({ services, party, parameters: { sourceId, fingerprint } }: Call<undefined, OneCertificate>) {
  services.certificates.remove(party.id, sourceId, fingerprint)
  return { sourceId, fingerprint, state: 'removed' }
}

function certificateView({ sourceId, fingerprint, subject, from, until, addedAt }: Certificate) {
  return { sourceId, fingerprint, subject, from: timeText(from), until: timeText(until), addedAt: timeText(addedAt) }
}
