// Every command: its words, what it takes, and who runs it. Parsing and help are made from this.
import type { Argument, Command, Option } from '#cli/command.ts'
import { CONSENT_COMMANDS } from '#cli/consent-table.ts'
import { RIGHTS_COMMANDS } from '#cli/rights-table.ts'
import { ACCOUNTS, DEVICES, GROUP, OPERATING, READING, SHARING, STREAM } from '#cli/table-parts.ts'

const DIALECTS = ['zigbee2mqtt', 'tasmota', 'shelly', 'shelly1', 'senml', 'tts', 'chirpstack', 'home-assistant', 'z2m', 'shelly-gen2', 'shelly-gen1', 'ttn', 'the-things-stack', 'homeassistant',
  'esphome', 'openmqttgateway']
const LOCATION: Option = { name: 'location', type: 'location', value: 'LON,LAT', help: 'Where it stands, in degrees.' }
const PLACEMENT: Option = { name: 'placement', type: 'choice', values: ['indoor', 'outdoor'], help: 'Whether it stands indoors (unless said otherwise) or outdoors.' }
const TIMEZONE: Option = { name: 'timezone', type: 'text', value: 'ZONE', help: 'IANA zone of its local times, such as Europe/Madrid.' }
const PARTY_FACTS: readonly Option[] = [
  { name: 'postal-address', type: 'text', value: 'TEXT', help: 'Its postal address.' },
  { name: 'contact', type: 'text', value: 'TEXT', help: 'A mail address, a telephone number or a URL.' },
  { name: 'data-role', type: 'choice', values: ['controller', 'processor', 'third-party'], help: 'As what it receives personal data.' },
]
const SOURCE: Argument = { name: 'SOURCE', help: 'Its id, as `sluice source list` shows it.' }
const PARTY: Option = { name: 'party', type: 'text', value: 'ID', help: 'Somebody else\'s, as an operator; left out, your own.' }
const DIALECT: Option = { name: 'dialect', type: 'choice', value: 'NAME', values: DIALECTS, help: 'What it speaks; recognised by itself where its topics say so.' }
const NAME: Option = { name: 'name', type: 'text', value: 'NAME', help: 'For you to know it by.' }
const BROKER_ACCESS: readonly Option[] = [
  { name: 'username', type: 'text', value: 'NAME', help: 'As whom to connect.' },
  { name: 'password-file', type: 'text', value: 'FILE', help: 'A file with the password. It is kept sealed.' },
  { name: 'ca-file', type: 'text', value: 'FILE', help: 'Certificates (PEM) that the broker\'s has to come from, where no public authority signed it.' },
]
const DATA: Option = { name: 'data', type: 'text', value: 'DIR', default: './data', help: 'The data directory.' }


const accounts = () => import('#cli/commands/accounts.ts')
const sources = () => import('#cli/commands/sources.ts')
const devices = () => import('#cli/commands/devices.ts')
const deviceCertificates = () => import('#cli/commands/device-certificates.ts')
const bridges = () => import('#cli/commands/bridges.ts')
const offers = () => import('#cli/commands/offers.ts')
const groups = () => import('#cli/commands/groups.ts')
const agreements = () => import('#cli/commands/agreements.ts')
const books = () => import('#cli/commands/books.ts')

export const COMMANDS: readonly Command[] = [
  {
    name: 'party add', group: ACCOUNTS, summary: 'Adds an account (operator). Its key is shown once.',
    options: [
      { name: 'role', type: 'choice', values: ['owner', 'subscriber', 'operator'], isRequired: true, help: 'What it may do.' },
      { name: 'name', type: 'text', value: 'NAME', isRequired: true, help: 'For people to know it by.' },
      { name: 'country', type: 'text', value: 'CC', help: 'Where it is (ISO 3166-1), such as BE; some consents ask for it.' }, ...PARTY_FACTS,
    ],
    examples: ['sluice party add --role owner --name Home', 'sluice party add --role subscriber --name City --country BE'],
    load: async () => (await accounts()).partyAdd,
  },
  { name: 'party list', group: ACCOUNTS, summary: 'Lists all accounts (operator).', options: [], examples: ['sluice party list'], load: async () => (await accounts()).partyList },
  {
    name: 'party set', group: ACCOUNTS, summary: 'Says who a party is, for the records of those who consent to it: of yourself, or as an operator of anybody.', arguments: [{ name: 'PARTY', help: 'Its id.' }],
    options: [
      { name: 'country', type: 'text', value: 'CC|none', help: 'Where it is (operator; ISO 3166-1), such as BE; `none`: nobody knows. What it may not have there any more stops before this returns.' }, ...PARTY_FACTS,
    ],
    examples: ['sluice party set sub_b6ynd3q5ujw2c7mzf4ktx6vhpa --contact privacy@example.org', 'sluice party set sub_b6ynd3q5ujw2c7mzf4ktx6vhpa --country BE'], load: async () => (await accounts()).partySet,
  },
  {
    name: 'group add', group: ACCOUNTS, summary: 'Makes a group of accounts that a consent can name (operator).', options: [{ name: 'name', type: 'text', value: 'NAME', isRequired: true, help: 'For people to know it by.' }],
    examples: ['sluice group add --name Universities'], load: async () => (await groups()).groupAdd,
  },
  { name: 'group list', group: ACCOUNTS, summary: 'Lists the groups, with who is in them.', options: [], examples: ['sluice group list'], load: async () => (await groups()).groupList },
  ...(['join', 'leave'] as const).map((verb): Command => ({
    name: `group ${verb}`, group: ACCOUNTS, options: [], arguments: [GROUP, { name: 'PARTY', help: 'The id of the account.' }],
    summary: { join: 'Takes an account into a group (operator).', leave: 'Puts an account out of a group (operator): what it received through it has stopped when this returns.' }[verb],
    examples: [`sluice group ${verb} grp_q7n2xmd4k6vtzw3y5rbacjhoes sub_b6ynd3q5ujw2c7mzf4ktx6vhpa`], load: async () => (await groups())[verb === 'join' ? 'groupJoin' : 'groupLeave'],
  })),
  {
    name: 'group remove', group: ACCOUNTS, summary: 'Removes a group for good (operator). What was forbidden to it is forbidden to all from then on.', options: [], arguments: [GROUP],
    examples: ['sluice group remove grp_q7n2xmd4k6vtzw3y5rbacjhoes'], load: async () => (await groups()).groupRemove,
  },
  {
    name: 'key rotate', group: ACCOUNTS, summary: 'Makes a new key; all old ones stop at once.', options: [PARTY],
    examples: ['sluice key rotate', 'sluice key rotate --party own_3xq7n2aahd6gkrmb4tvzoycel5'], load: async () => (await accounts()).keyRotate,
  },
  {
    name: 'key revoke', group: ACCOUNTS, summary: 'Stops all keys of an account at once.', options: [PARTY],
    examples: ['sluice key revoke --party sub_b6ynd3q5ujw2c7mzf4ktx6vhpa', 'sluice key revoke'], load: async () => (await accounts()).keyRevoke,
  },
  {
    name: 'operator reset-key', group: ACCOUNTS, summary: 'Makes a new operator key, on the gateway\'s own machine, while no gateway runs.', isLocal: true,
    options: [{ ...DATA, default: undefined, isRequired: true }], examples: ['sluice operator reset-key --data ./data'], load: async () => (await import('#cli/commands/operator.ts')).resetKey,
  },

  {
    name: 'pair', group: DEVICES, summary: 'Pairs a source: a device, or a hub that speaks for many. Its MQTT password is shown once.',
    options: [
      DIALECT, NAME, LOCATION, PLACEMENT, TIMEZONE,
    ],
    examples: ['sluice pair --dialect zigbee2mqtt --name home --location 4.35,50.85', 'sluice pair --dialect senml --placement outdoor --location -0.12,51.5'],
    load: async () => (await sources()).pair,
  },
  { name: 'source list', group: DEVICES, summary: 'Lists your sources; for an operator everybody\'s.', options: [], examples: ['sluice source list'], load: async () => (await sources()).sourceList },
  {
    name: 'source subject', group: DEVICES, summary: 'Names somebody of the household whom a source tells about as well: nothing leaves it without the consent of each.', options: [],
    arguments: [SOURCE, { name: 'PARTY', help: 'The id of their owner account.' }],
    examples: ['sluice source subject src_k4d2n7qwmx3z6vtbrahc5ysoel own_3xq7n2aahd6gkrmb4tvzoycel5'], load: async () => (await sources()).sourceSubject,
  },
  {
    name: 'source leave', group: DEVICES, summary: 'Says that a source does not tell about you any more. You have no say in it from then on.', options: [], arguments: [SOURCE, { name: 'PARTY', help: 'Your own id.' }],
    examples: ['sluice source leave src_k4d2n7qwmx3z6vtbrahc5ysoel own_3xq7n2aahd6gkrmb4tvzoycel5'], load: async () => (await sources()).sourceLeave,
  },
  ...(['suspend', 'resume', 'rotate', 'remove'] as const).map((verb): Command => ({
    name: `source ${verb}`, group: DEVICES, options: [], arguments: [SOURCE],
    summary: {
      suspend: 'Cuts a source off until it is resumed. An operator may, whosever it is.', resume: 'Lets a suspended source connect again.',
      rotate: 'Makes a new MQTT password; the old one stops at once. Certificates stay.', remove: 'Removes a source for good.',
    }[verb],
    examples: [`sluice source ${verb} src_k4d2n7qwmx3z6vtbrahc5ysoel`], load: async () => (await sources()).sourceChange(verb),
  })),
  {
    name: 'certificate add', group: DEVICES, summary: 'Registers a device certificate: over TLS its device is this source, without a password.', arguments: [SOURCE],
    options: [{ name: 'file', type: 'text', value: 'FILE', isRequired: true, help: 'The certificate (PEM), self-signed or by anybody. Never its key.' }],
    examples: ['sluice certificate add src_k4d2n7qwmx3z6vtbrahc5ysoel --file kitchen.pem'], load: async () => (await deviceCertificates()).certificateAdd,
  },
  {
    name: 'certificate list', group: DEVICES, summary: 'Lists the certificates of a source, and when they end.', arguments: [SOURCE], options: [],
    examples: ['sluice certificate list src_k4d2n7qwmx3z6vtbrahc5ysoel'], load: async () => (await deviceCertificates()).certificateList,
  },
  {
    name: 'certificate remove', group: DEVICES, summary: 'Takes a certificate back, and cuts whoever is connected by it.', options: [],
    arguments: [SOURCE, { name: 'FINGERPRINT', help: 'Its SHA-256 in hex, as `sluice certificate list` shows it.' }],
    examples: [`sluice certificate remove src_k4d2n7qwmx3z6vtbrahc5ysoel ${'4e1f'.repeat(16)}`], load: async () => (await deviceCertificates()).certificateRemove,
  },
  {
    name: 'bridge add', group: DEVICES, summary: 'Makes a source that the gateway fetches from a broker of yours. The operator has to allow the broker (bridgeHosts).',
    options: [
      { name: 'broker', type: 'text', value: 'URL', isRequired: true, help: 'mqtt://HOST[:PORT], or mqtts:// over TLS.' },
      { name: 'topics', type: 'list', value: 'T,…', isRequired: true, help: 'Topic filters to read, such as zigbee2mqtt/#.' },
      ...BROKER_ACCESS,
      { name: 'protocol', type: 'choice', values: ['3.1.1', '5'], help: 'Version of MQTT (3.1.1).' },
      { name: 'share', type: 'text', value: 'NAME', help: 'Share the subscription with others of that name: each message comes once.' },
      { name: 'strip', type: 'text', value: 'PREFIX', help: 'What the topics begin with on that broker, and not at home.' },
      DIALECT, NAME, LOCATION, PLACEMENT, TIMEZONE,
    ],
    examples: ['sluice bridge add --broker mqtts://broker.example --topics zigbee2mqtt/# --username sluice --password-file ./password', 'sluice bridge add --broker mqtt://192.0.2.7 --topics site-7/tele/# --strip site-7/ --dialect tasmota'],
    load: async () => (await bridges()).bridgeAdd,
  },
  { name: 'bridge list', group: DEVICES, summary: 'Lists your bridges, and whether they are connected. Suspend, resume and remove them as sources.', options: [], examples: ['sluice bridge list'], load: async () => (await bridges()).bridgeList },
  {
    name: 'bridge set', group: DEVICES, summary: 'Says where the broker is now, or as whom to connect. What is not named stays.', arguments: [{ name: 'SOURCE', help: 'Its id, as `sluice bridge list` shows it.' }],
    options: [{ name: 'broker', type: 'text', value: 'URL', help: 'mqtt://HOST[:PORT], or mqtts:// over TLS.' }, ...BROKER_ACCESS],
    examples: ['sluice bridge set src_k4d2n7qwmx3z6vtbrahc5ysoel --username sluice --password-file ./password'], load: async () => (await bridges()).bridgeSet,
  },
  { name: 'device list', group: DEVICES, summary: 'Lists your devices, with settings and status.', options: [], examples: ['sluice device list'], load: async () => (await devices()).deviceList },
  {
    name: 'device set', group: DEVICES, summary: 'Says where a device stands and what it is. What is not named stays.',
    arguments: [{ name: 'DEVICE', help: 'Its id, or what its source calls it where that leaves no doubt: both as `sluice device list` shows them.' }],
    options: [
      LOCATION, PLACEMENT,
      { name: 'role', type: 'choice', value: 'ROLE', values: ['streetlight', 'wasteContainer', 'parkingSpot', 'waterMeter', 'none'], help: 'What it is part of.' },
      { name: 'empty-mm', type: 'number', value: 'N', min: 0, help: 'Of a container: millimetres from its sensor to the bottom.' },
      { name: 'full-mm', type: 'number', value: 'N', min: 0, help: 'Of a container: millimetres from its sensor to the content when full.' },
      { name: 'name', type: 'text', value: 'NAME', help: 'For you to know it by.' }, TIMEZONE,
      { name: 'category', type: 'list', value: 'A,B', help: 'Of a parking spot: its categories.' },
      { name: 'parking-site', type: 'text', value: 'URN', help: 'Of a parking spot: the NGSI-LD id of its site.' },
      { name: 'special', type: 'choice', values: ['yes', 'no'], help: 'Whether what it tells is of a special category (health, beliefs, private life): consent to it is stricter.' },
    ],
    examples: ['sluice device set k3v7qm2xw5tz4rpa6hjn2ye4ds --placement outdoor --location -0.12,51.5', 'sluice device set city@ttn/bin-17 --role wasteContainer --empty-mm 1550 --full-mm 200'],
    load: async () => (await devices()).deviceSet,
  },
  {
    name: 'explain', group: DEVICES, summary: 'Tells why messages of a source were refused lately.',
    options: [
      { name: 'source', type: 'text', value: 'ID', isRequired: true, help: 'Its id, as `sluice source list` shows it.' },
      { name: 'last', type: 'integer', value: 'N', min: 1, max: 200, default: 20, help: 'How many.' },
    ],
    examples: ['sluice explain --source src_k4d2n7qwmx3z6vtbrahc5ysoel --last 5'], load: async () => (await import('#cli/commands/explain.ts')).explain,
  },

  {
    name: 'streams', group: SHARING, summary: 'Lists the streams that you may know of.',
    options: [{ name: 'mine', type: 'flag', help: 'Only your own; for a subscriber, only those agreed on.' }],
    examples: ['sluice streams', 'sluice streams --mine'], load: async () => (await import('#cli/commands/streams.ts')).streams,
  },
  {
    name: 'offer create', group: SHARING, summary: 'Posts a price on one of your streams. It lets nothing out: a consent does.',
    options: [
      STREAM,
      { name: 'price', type: 'text', value: 'AMOUNT', isRequired: true, help: 'For each unit, with up to six decimals; 0 is free.' },
      { name: 'unit', type: 'choice', values: ['message', 'second', 'kB', 'period'], isRequired: true, help: 'What is paid for.' },
      { name: 'period', type: 'text', value: 'P1M', help: 'With the unit period: how long it is (ISO 8601).' },
      { name: 'currency', type: 'text', value: 'EUR', isRequired: true, help: 'ISO 4217.' },
      { name: 'purpose', type: 'list', value: 'P,…', help: 'Purposes it is for (DPV); left out: any.' },
      { name: 'attributes', type: 'list', value: 'a,b|all', help: 'What is offered; left out: what is known of the stream, but for where and which the device is.' },
    ],
    examples: [
      'sluice offer create --stream ID --price 0.001 --unit message --currency EUR --attributes temperature',
      'sluice offer create --stream ID --price 2.50 --unit period --period P1M --currency EUR --purpose dpv:PublicBenefit --attributes temperature,relativeHumidity',
    ],
    load: async () => (await offers()).offerCreate,
  },
  { name: 'offer list', group: SHARING, summary: 'Lists your offers.', options: [], examples: ['sluice offer list'], load: async () => (await offers()).offerList },
  {
    name: 'offer withdraw', group: SHARING, summary: 'Takes an offer back; agreements that were made go on.', options: [], arguments: [{ name: 'OFFER', help: 'Its id.' }],
    examples: ['sluice offer withdraw offer_m5wd2jx7q4hfz3ykt6bc5vrn2e'], load: async () => (await offers()).offerWithdraw,
  },
  ...CONSENT_COMMANDS,
  ...RIGHTS_COMMANDS,

  {
    name: 'agree', group: READING, summary: 'Agrees to an offer, for one purpose.',
    options: [
      { name: 'offer', type: 'text', value: 'ID', isRequired: true, help: 'The offer, as `sluice streams` lists it.' },
      { name: 'purpose', type: 'text', value: 'P', isRequired: true, help: 'What you need it for (DPV).' },
      { name: 'budget', type: 'text', value: 'AMOUNT', help: 'What it may cost at most; not needed for what is free.' },
      { name: 'onward', type: 'flag', help: 'You hand on what you receive: only a consent that allows this covers it.' },
    ],
    examples: ['sluice agree --offer offer_m5wd2jx7q4hfz3ykt6bc5vrn2e --purpose dpv:ServiceProvision --budget 10'], load: async () => (await agreements()).agree,
  },
  { name: 'agreement list', group: READING, summary: 'Lists your agreements.', options: [], examples: ['sluice agreement list'], load: async () => (await agreements()).agreementList },
  {
    name: 'agreement end', group: READING, summary: 'Ends an agreement; what is left of its budget is free again.', options: [], arguments: [{ name: 'AGREEMENT', help: 'Its id.' }],
    examples: ['sluice agreement end agr_b6ynd3q5ujw2c7mzf4ktx6vhpa'], load: async () => (await agreements()).agreementEnd,
  },
  {
    name: 'subscribe', group: READING, summary: 'Prints the messages of streams as they come, one a line. Goes on where it was after a lost connection.',
    options: [
      { name: 'stream', type: 'list', value: 'ID,…', isRequired: true, help: 'Which streams. Your own as well: whole and without a consent, but live only.' },
      { name: 'from', type: 'text', value: 'earliest|TIME|MESSAGE-ID', help: 'Begin with what is still kept; left out: with what comes from now on.' },
      { name: 'count', type: 'integer', value: 'N', min: 1, help: 'End after so many messages.' },
      { name: 'envelope', type: 'flag', help: 'Print each message with its ids, the entity inside.' },
      { name: 'proof', type: 'flag', help: 'Print envelopes that have proofs: `sluice verify` checks them.' },
    ],
    examples: ['sluice subscribe --stream ID', 'sluice subscribe --stream ID --from earliest --count 10 --envelope', 'sluice subscribe --stream ID --proof'],
    load: async () => (await import('#cli/commands/subscribe.ts')).subscribe,
  },
  {
    name: 'verify', group: READING, summary: 'Checks messages with proofs, receipts of consents, what was kept of a transparency log, or a data directory: offline, by the gateway\'s public key alone.', isLocal: true,
    arguments: [{ name: 'FILE', help: 'Lines as `sluice subscribe --proof`, `sluice consent receipts` or `sluice transparency …` prints them; - is what comes on stdin. Or the data directory of a gateway that is stopped: its log, and its books against it.' }],
    options: [
      { name: 'head', type: 'text', value: 'FILE', help: 'Heads that you kept (`sluice transparency head`), a line each: a whole log, or a data directory, has to have grown out of each.' },
      { name: 'key', type: 'text', value: 'FILE', help: 'The gateway\'s public key, as a JWK or PEM.' },
      { name: 'keys', type: 'text', value: 'FILE', help: 'Its public keys, as it has them at /.well-known/jwks.json.' },
      { name: 'url', type: 'text', value: 'URL', help: 'Where neither is given: the gateway to fetch them from (else SLUICE_URL).' },
    ],
    examples: ['sluice verify messages.jsonl --keys jwks.json', 'sluice verify log.jsonl --keys jwks.json --head head.json', 'sluice verify /var/lib/sluice --keys jwks.json --head head.json', 'sluice verify - --url https://sluice.example', 'sluice verify messages.jsonl --key gateway.pem --json'],
    load: async () => (await import('#cli/commands/verify.ts')).verify,
  },
  { name: 'usage', group: READING, summary: 'Tells what was metered under your agreements.', options: [], examples: ['sluice usage'], load: async () => (await books()).usage },

  {
    name: 'serve', group: OPERATING, summary: 'Starts a gateway. The first start makes the operator key.', isLocal: true,
    options: [
      { ...DATA, default: undefined, help: 'The data directory (./data).' },
      { name: 'mqtt-port', type: 'integer', value: 'N', min: 0, max: 65535, help: 'For devices (1883); 0 takes a free one.' },
      { name: 'http-port', type: 'integer', value: 'N', min: 0, max: 65535, help: 'For the API and live streams (8080); 0 takes a free one.' },
      { name: 'host', type: 'text', value: 'H', help: 'The address to listen on (127.0.0.1: this machine only).' },
      { name: 'conformance-port', type: 'integer', value: 'N', min: 0, max: 65535, help: 'A plain MQTT broker beside it, for protocol suites: anybody on this machine may use it.' },
      { name: 'config', type: 'text', value: 'FILE', help: 'A YAML or JSON file with these settings and more (else SLUICE_CONFIG); the environment and options win over it.' },
    ],
    examples: ['sluice serve', 'sluice serve --data /var/lib/sluice --mqtt-port 1884 --http-port 8081'], load: async () => (await import('#cli/commands/serve.ts')).serve,
  },
  {
    name: 'config check', group: OPERATING, summary: 'Says what is wrong with a configuration, where, and what to do; else what counts, and where it comes from.', isLocal: true,
    arguments: [{ name: 'FILE', help: 'The file (else SLUICE_CONFIG). The environment is read as well.', isOptional: true }], options: [],
    examples: ['sluice config check sluice.yml', 'sluice config check --json'], load: async () => (await import('#cli/commands/config.ts')).configCheck,
  },
  {
    name: 'certificate trial', group: OPERATING, summary: 'Makes an authority and a certificate for MQTT over TLS (with openssl), to try it with.', isLocal: true,
    options: [
      { name: 'dir', type: 'text', value: 'DIR', isRequired: true, help: 'Where to: ca.pem, server.pem, and their keys.' },
      { name: 'name', type: 'list', value: 'HOST,…', isRequired: true, help: 'Names and addresses by which devices reach the gateway.' },
      { name: 'device', type: 'list', value: 'NAME,…', help: 'Devices that get a certificate too, to be registered with `sluice certificate add`.' },
    ],
    examples: ['sluice certificate trial --dir ./tls --name localhost,127.0.0.1', 'sluice certificate trial --dir ./tls --name gateway.example --device kitchen,garage'],
    load: async () => (await import('#cli/commands/certificate.ts')).certificateTrial,
  },
  {
    name: 'doctor', group: OPERATING, summary: 'Looks at this machine, the data directory and what a gateway connects to: names each fault, and what to do.', isLocal: true,
    options: [
      { ...DATA, default: undefined, help: 'The data directory (that of the configuration).' },
      { name: 'config', type: 'text', value: 'FILE', help: 'The configuration (else SLUICE_CONFIG).' },
    ],
    examples: ['sluice doctor', 'sluice doctor --data /var/lib/sluice --config /etc/sluice.yml --json'], load: async () => (await import('#cli/commands/doctor.ts')).doctor,
  },
  {
    name: 'log level', group: OPERATING, summary: 'Shows or changes what a running gateway logs (operator), until its next start.', options: [],
    arguments: [{ name: 'LEVEL', help: 'One of silent, error, warn, info, debug.', isOptional: true }],
    examples: ['sluice log level', 'sluice log level debug'], load: async () => (await import('#cli/commands/log.ts')).logLevel,
  },
  {
    name: 'backup', group: OPERATING, summary: 'Brings all that a gateway holds into one file, while it works (operator). It has the keys in it: keep it as a secret.',
    options: [{ name: 'to', type: 'text', value: 'FILE', help: 'The file (sluice-backup-TIME.tar). One that is there is left alone.' }],
    examples: ['sluice backup', 'sluice backup --to /mnt/backup/sluice-monday.tar --key-file ./operator.key'], load: async () => (await import('#cli/commands/backup.ts')).backup,
  },
  {
    name: 'restore', group: OPERATING, summary: 'Makes a data directory out of a backup, when all of it has been proved.', isLocal: true, arguments: [{ name: 'FILE', help: 'The backup.' }],
    options: [{ ...DATA, default: undefined, isRequired: true, help: 'The data directory to make. It is not there yet, or empty.' },
      { name: 'erasures', type: 'text', value: 'FILE', help: 'Erasures that were done since (`sluice erasure list --json`): the first start does them again.' }],
    examples: ['sluice restore sluice-backup-20270304T050607Z.tar --data ./restored'], load: async () => (await import('#cli/commands/backup.ts')).restore,
  },
  { name: 'ledger', group: OPERATING, summary: 'Shows the books (operator): all balances, and that they sum to zero.', options: [], examples: ['sluice ledger'], load: async () => (await books()).ledger },
  {
    name: 'simulate', group: OPERATING, summary: 'Pairs simulated devices as yours (owner), and lets them publish over MQTT, or a recorded run of theirs. Their sources stay.',
    options: [
      { name: 'fleet', type: 'text', value: 'FILE|NAME', help: 'Which devices: a fleet that comes with Sluice (city, city-2000, demo, home, street, street-50), or a file of your own.' },
      { name: 'devices', type: 'integer', value: 'N', min: 1, max: 10_000, help: 'How many, instead of what the fleet says.' },
      { name: 'rate', type: 'number', value: 'R', min: 0.001, help: 'Messages a second over all devices, instead of what the fleet says.' },
      { name: 'seed', type: 'integer', value: 'S', min: 0, max: 2 ** 32 - 1, help: 'The same seed, the same devices.' },
      { name: 'seconds', type: 'number', value: 'T', min: 0.1, help: 'End after so long; left out: when it is interrupted.' },
      { name: 'day', type: 'flag', help: 'A whole day in 60 seconds, or longer where the gateway needs it: a day that ends now, by the times that devices tell.' },
      { name: 'speedup', type: 'number', value: 'N', min: 1, max: 100_000, help: 'So many of the devices\' seconds in each; of a fleet until --seconds, or a day, ends now.' },
      { name: 'start', type: 'text', value: 'TIME', help: 'When the devices\' time begins. The same seed and start, the same messages.' },
      { name: 'record', type: 'text', value: 'FILE', help: 'Write down what is sent, to be sent again exactly; packed if its name ends in .gz.' },
      { name: 'replay', type: 'text', value: 'FILE', help: 'Send a recorded run instead of a fleet: its sources are paired anew.' },
    ],
    examples: [
      'sluice simulate --fleet demo --seconds 20', 'sluice simulate --fleet ./my-fleet.json --devices 1000 --rate 500', 'sluice simulate --fleet city-2000 --day --record day.jsonl.gz',
      'sluice simulate --replay day.jsonl.gz --day',
    ], load: async () => (await import('#cli/commands/simulate.ts')).simulate,
  },
  {
    name: 'demo', group: OPERATING, summary: 'Shows all of it on one screen: a gateway, a fleet, an owner, a city, and a withdrawal half-way.', isLocal: true,
    options: [{ name: 'seconds', type: 'number', value: 'T', min: 1, default: 60, help: 'How long.' }],
    examples: ['sluice demo', 'sluice demo --seconds 20 --json'], load: async () => (await import('#cli/commands/demo.ts')).demo,
  },
]
