// The life of a consent: which event may follow which. The state of a consent is the type of its last event, and nothing else.

export const EVENT_TYPES = ['requested', 'deferred', 'refused', 'given', 'renewed', 'withdrawn', 'revoked', 'expired', 'invalidated'] as const
export type EventType = (typeof EVENT_TYPES)[number]

const WHILE_IN_FORCE: readonly EventType[] = ['renewed', 'withdrawn', 'revoked', 'expired', 'invalidated']

/**
 * What has ended never comes back: whoever wants it again gives a new consent. But an owner may always withdraw, also what has ended in
 * another way, because a recipient that kept readings has to forget them for a withdrawal and for nothing else.
 */
const FOLLOWING: Readonly<Record<EventType | 'nothing', readonly EventType[]>> = {
  nothing: ['requested', 'given'],
  requested: ['deferred', 'refused', 'given'],
  deferred: ['refused', 'given'],
  refused: [],
  given: WHILE_IN_FORCE,
  renewed: WHILE_IN_FORCE,
  withdrawn: [],
  revoked: ['withdrawn'],
  expired: ['withdrawn'],
  invalidated: ['withdrawn'],
}

export function mayFollow(before: EventType | undefined, next: EventType): boolean { return FOLLOWING[before ?? 'nothing'].includes(next) }

/** Of a consent that lets something out, unless its time is over. */
export function isInForce(state: EventType): boolean { return state === 'given' || state === 'renewed' }
