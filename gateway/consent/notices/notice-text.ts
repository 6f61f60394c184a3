// The words of a notice: what somebody wrote, and below it what the gateway says of itself. Plain language, one sentence a fact.
import { durationWords, placeWords } from '#gateway/consent/notices/words.ts'
import type { Facts } from '#gateway/consent/notices/facts.ts'

/** The version is part of the text, so that no two versions have one hash. */
export function noticeText(ownText: string, { controller, jointControllers = [], authority, jurisdiction, storageCountry, retention }: Facts, version: number): string {
  const standing = [
    `Notice ${version}.`,
    'Nothing of your sensors leaves this gateway without your consent. A consent names what may leave, to whom, for what, and until when.',
    `${controller.name} runs this gateway (address: ${controller.address}; contact: ${controller.contact}).`,
    ...jointControllers.map(({ name, address, contact }) => `${name} answers for it together with them (address: ${address}; contact: ${contact}): you may ask any of them for your rights.`),
    `Readings that you let out are stored in ${placeWords(storageCountry)} for ${durationWords(retention)}, so that a recipient who was away can still get them; readings that you let nobody have are not stored.`,
    'Whoever receives readings answers for what they do with them, within the purposes that you named.',
    'You may withdraw a consent at any time, as easily as you gave it: `sluice consent withdraw`, or POST /v1/consents/ID/withdraw. Nothing more leaves from the moment that this is confirmed. What left before stays lawful.',
    'You may see, correct, take with you and erase what is kept of you, have it restricted, and object.',
    `The law of ${placeWords(jurisdiction)} applies. You may complain to ${authority.name} (${authority.contact}).`,
  ].join('\n')
  return ownText === '' ? standing : `${ownText}\n\n${standing}`
}
