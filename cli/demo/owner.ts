// The demo's owner: offers what is not personal, consents to it, and once changes their mind.
import type { Client } from '#cli/client.ts'

export const PURPOSE = 'dpv:PublicBenefit'
const BUDGET = '5'

export interface DemoStream { readonly streamId: string, readonly type: string, readonly attributes: readonly string[], readonly device: string, readonly offers: readonly unknown[] }
export interface Deal { readonly stream: DemoStream, readonly consentId: string, readonly price: string }

/** What the owner asks for a message, by model. Air and weather are given for the public good. */
const PRICES: Readonly<Record<string, string>> = { AirQualityObserved: '0', WeatherObserved: '0', NoiseLevelObserved: '0', ACMeasurement: '0.002', ThreePhaseAcMeasurement: '0.005' }
const PRICE_OF_OTHERS = '0.0005'

/** Whether somebody is at home, and which door is open, is nobody's business. */
export function isPersonal({ attributes }: DemoStream): boolean { return attributes.includes('textValue') }

/** Offer, consent and agreement on one stream: by then it may be subscribed to. */
export async function deal(owner: Client, city: Client, cityId: string, stream: DemoStream): Promise<Deal> {
  const price = PRICES[stream.type] ?? PRICE_OF_OTHERS, attributes = [...stream.attributes]
  const { offerId } = await owner.post<{ offerId: string }>('/v1/offers', { streamId: stream.streamId, price, unit: 'message', currency: 'EUR', purposes: [PURPOSE], attributes })
  const { consentId } = await owner.post<{ consentId: string }>('/v1/consents', { streamId: stream.streamId, recipient: cityId, purposes: [PURPOSE], attributes })
  await city.post('/v1/agreements', { offerId, purpose: PURPOSE, ...(Number(price) > 0 ? { budget: BUDGET } : {}) })
  return { stream, consentId, price }
}
