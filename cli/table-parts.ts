// What several commands of the table have in common.
import type { Argument, Option } from '#cli/command.ts'

/** Under which heading of the help. */
export const ACCOUNTS = 'Accounts', DEVICES = 'Devices (owner)', SHARING = 'Sharing (owner)', READING = 'Reading (subscriber)', RIGHTS = 'Rights', TRANSPARENCY = 'Transparency', OPERATING = 'Operating'

export const STREAM: Option = { name: 'stream', type: 'text', value: 'ID', isRequired: true, help: 'The stream, as `sluice streams --mine` lists it.' }
/** How exact: the same words everywhere. */
export const TRANSFORM: Option = { name: 'transform', type: 'list', value: 'attr=op,…', help: 'How exact: round:0.5, bucket:0|20|25, mask, pseudonymise, h3:7 or grid:0.01 (places), drop; of all of it *=time:900 and *=sample:60 (seconds).' }
export const GROUP: Argument = { name: 'GROUP', help: 'The id of the group.' }
