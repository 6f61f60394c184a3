// The numbers of the normative statements of both standards (their Appendix B), whom they bind, and why some have no exchange of their own.
import type { Level } from '#test/support/mqtt-script.ts'

/** One version's. Each text is a list of ranges: `3.1.0-1..2` stands for 3.1.0-1 and 3.1.0-2. */
interface Numbers {
  readonly all: string
  /** Those that bind a client only. A breach of some can be shown all the same: by how it is answered. */
  readonly clients: string
  /** Those that bind a server and are not shown by an exchange of bytes: where they are shown, or why they cannot be broken here. */
  readonly elsewhere: Readonly<Record<string, string>>
}

export const NUMBERS: Readonly<Record<Level, Numbers>> = {
  4: {
    // The standard spells 3-8.3-4 so, and 3.1.2-7 with a dot at its end.
    all: '1.5.3-1..3 2.2.2-1..2 2.3.1-1..7 3.1.0-1..2 3.1.2-1..24 3.1.3-1..11 3.1.4-1..5 3.2.0-1 3.2.2-1..6 3.3.1-1..12 3.3.2-1..3 3.3.4-1 3.3.5-1..2 3.6.1-1 3.8.1-1'
      + ' 3.8.3-1..3 3-8.3-4 3.8.4-1..6 3.9.3-1..2 3.10.1-1 3.10.3-1..2 3.10.4-1..6 3.12.4-1 3.14.1-1 3.14.4-1..3 4.1.0-1..2 4.3.1-1 4.3.2-1..2 4.3.3-1..2 4.4.0-1 4.5.0-1..2'
      + ' 4.6.0-1..6 4.7.1-1..3 4.7.2-1 4.7.3-1..4 4.8.0-1..2 6.0.0-1..4 7.0.0-1..2 7.1.1-1 7.1.2-1',
    clients: '2.3.1-2..3 3.1.0-1 3.1.2-23 3.1.3-7 3.14.4-1..2 4.5.0-2 4.6.0-2..4 6.0.0-3 7.1.2-1',
    elsewhere: {
      '4.1.0-1..2': 'a session lasts as long as it is to: gateway/mqtt/world.test.ts; a restart keeps it without what waits for it (ADR 13): gateway/mqtt/session-store.test.ts',
      '3.2.2-6': 'there is a code for all that we refuse: gateway/mqtt/codec/encode.test.ts',
      '3.8.3-2': 'we take wildcards',
      '4.7.3-3': 'the limit is ours and smaller: gateway/mqtt/namespace.test.ts',
      '4.8.0-2': 'takes a port that fails: gateway/mqtt/connection.test.ts',
      '6.0.0-1..2 6.0.0-4': 'are about WebSocket: gateway/mqtt/listeners/web-socket.test.ts',
      '7.0.0-1..2 7.1.1-1': 'are about what a server is made for: it connects to no other, wants no extension, and all of this runs over TCP',
    },
  },
  5: {
    all: '1.5.4-1..3 1.5.5-1 1.5.7-1 2.1.3-1 2.2.1-2..6 2.2.2-1 3.1.0-1..2 3.1.2-1..30 3.1.3-1..12 3.1.4-1..6 3.2.0-1..2 3.2.2-1..22 3.3.1-1..13 3.3.2-1..20 3.3.4-1..10 3.4.2-1..3'
      + ' 3.5.2-1..3 3.6.1-1 3.6.2-1..3 3.7.2-1..3 3.8.1-1 3.8.3-1..5 3.8.4-1..8 3.9.2-1..2 3.9.3-1..2 3.10.1-1 3.10.3-1..2 3.10.4-1..6 3.11.2-1..2 3.11.3-1..2 3.12.4-1 3.14.0-1'
      + ' 3.14.1-1 3.14.2-1..4 3.14.4-1..3 3.15.1-1 3.15.2-1..3 4.1.0-1..2 4.2.0-1 4.3.1-1 4.3.2-1..5 4.3.3-1..13 4.4.0-1..2 4.5.0-1..2 4.6.0-1..6 4.7.0-1 4.7.1-1..2 4.7.2-1 4.7.3-1..4'
      + ' 4.8.2-1..6 4.9.0-1..3 4.12.0-1..7 4.12.1-1..2 4.13.1-1 4.13.2-1 6.0.0-1..4',
    clients: '2.2.1-3 3.1.0-1 3.1.2-20..21 3.1.2-30 3.2.2-4..5 3.2.2-11 3.2.2-14..15 3.2.2-17..18 3.2.2-21 3.3.2-9..10 3.3.4-6..8 4.5.0-2 4.6.0-1..4 4.12.0-3 4.12.0-7 4.12.1-1 6.0.0-3',
    elsewhere: {
      '3.1.2-29 3.9.2-1..2': 'only readers of feeds are told reasons: mqtt-normative.test.ts, in words of its own',
      '3.1.3-6..7 3.2.2-16': 'an id that we give is not known beforehand: mqtt-normative.test.ts, in words of its own',
      '3.1.3-8': 'we refuse no client id',
      '3.2.2-9..10 3.2.2-12..13': 'we take every QoS and the retain flag',
      '3.2.2-19..20 3.4.2-2..3 3.5.2-2..3 3.6.2-2..3 3.7.2-2..3 3.11.2-1..2 3.14.2-4': 'we send no such property there',
      '3.3.2-5 4.3.3-7': 'take time: gateway/mqtt/session.test.ts, by a clock of its own',
      '3.3.4-5': 'we send one copy, with all ids [3.3.4-4]',
      '3.14.2-3': 'only readers of feeds are told a reason when they are sent away, and it is not measured',
      '3.15.2-1..3 4.12.0-2 4.12.0-4..5 4.12.1-2': 'we take part in no enhanced authentication, and send no AUTH',
      '4.1.0-1': 'a session stays while its client is there, whatever its time: gateway/mqtt/world.test.ts',
      '4.2.0-1': 'all of this runs over TCP',
      '4.3.3-9': 'only readers of feeds are refused a PUBLISH: mqtt-normative.test.ts, in words of its own',
      '4.7.3-3': 'the limit is ours and smaller: gateway/mqtt/namespace.test.ts',
      '6.0.0-1..2 6.0.0-4': 'are about WebSocket: gateway/mqtt/listeners/web-socket.test.ts',
    },
  },
}

/** The numbers that a list of ranges stands for. */
export function numbersOf(ranges: string): readonly string[] {
  return ranges.split(' ').flatMap(range => {
    const [first, last] = range.split('..') as [string, string?], at = first.lastIndexOf('-') + 1, from = Number(first.slice(at)), to = Number(last ?? from)
    return Array.from({ length: to - from + 1 }, (_, index) => `${first.slice(0, at)}${from + index}`)
  })
}
