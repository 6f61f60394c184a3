// Which function answers which operation of the document: the same names.
import { ledger, usage } from '#gateway/api/accounts.ts'
import { agree, endAgreement, listAgreements } from '#gateway/api/agreements.ts'
import { backup } from '#gateway/api/backup.ts'
import { addBridge, listBridges, setBridge } from '#gateway/api/bridges.ts'
import { addCertificate, listCertificates, removeCertificate } from '#gateway/api/certificates.ts'
import { consentReceipts, grantConsent, listConsents, renewConsent, revokeConsent, showConsent, withdrawConsent } from '#gateway/api/consents.ts'
import { exportConsent, importConsent } from '#gateway/api/consent-policies.ts'
import { previewConsent } from '#gateway/api/consent-preview.ts'
import { listDevices, setDevice } from '#gateway/api/devices.ts'
import { eraseOwner, listErasures } from '#gateway/api/erasures.ts'
import { explain } from '#gateway/api/explain.ts'
import { addGroup, joinGroup, leaveGroup, listGroups, removeGroup } from '#gateway/api/groups.ts'
import type { Handlers } from '#gateway/api/handler.ts'
import { description, keySet, live, metrics, ready } from '#gateway/api/health.ts'
import { listHistory } from '#gateway/api/history.ts'
import { streamEvents, subscribe } from '#gateway/api/live.ts'
import { getLogLevel, setLogLevel } from '#gateway/api/log-level.ts'
import { noticeByHash, setNotice, showNotice } from '#gateway/api/notices.ts'
import { createOffer, listOffers, withdrawOffer } from '#gateway/api/offers.ts'
import { addParty, listParties, revokeKeys, rotateKey, setParty } from '#gateway/api/parties.ts'
import { acceptRequest, deferRequest, listRequests, refuseRequest, requestConsent, showRequest } from '#gateway/api/requests.ts'
import {
  access, exportData, liftRestriction, listAffected, listRecipientNotices, listOperatorActions, listTransfers, objectTo, processingRecord, rectifyParty, restrictStream,
} from '#gateway/api/rights.ts'
import { listSources, pairSource, removeSource, resumeSource, rotateSource, suspendSource } from '#gateway/api/sources.ts'
import { listStreams } from '#gateway/api/streams.ts'
import { addSubject, removeSubject } from '#gateway/api/subjects.ts'
import { transparencyConsistency, transparencyEntries, transparencyHead, transparencyInclusion } from '#gateway/api/transparency.ts'

export const HANDLERS: Handlers = {
  addParty, listParties, setParty, rotateKey, revokeKeys,
  addGroup, listGroups, removeGroup, joinGroup, leaveGroup, addSubject, removeSubject,
  pairSource, listSources, suspendSource, resumeSource, rotateSource, removeSource, addCertificate, listCertificates, removeCertificate, addBridge, listBridges, setBridge, listDevices, setDevice, explain,
  listStreams, streamEvents, subscribe,
  createOffer, listOffers, withdrawOffer, grantConsent, listConsents, withdrawConsent, renewConsent, revokeConsent, showConsent, consentReceipts, exportConsent, importConsent, listHistory,
  requestConsent, listRequests, showRequest, acceptRequest, refuseRequest, deferRequest, showNotice, noticeByHash, setNotice,
  agree, listAgreements, endAgreement, usage, ledger, backup,
  transparencyHead, transparencyInclusion, transparencyConsistency, transparencyEntries,
  access, exportData, listTransfers, listAffected, restrictStream, liftRestriction, objectTo, rectifyParty, listRecipientNotices, previewConsent, processingRecord, listOperatorActions,
  eraseOwner, listErasures,
  getLogLevel, setLogLevel, live, ready, metrics, keySet, description,
}
