// What several commands of the table have in common.
import type { Argument, Option } from '#cli/command.ts'

/** Under which heading of the help. */
export const ACCOUNTS = 'Accounts', DEVICES = 'Devices (owner)', SHARING = 'Sharing (owner)', READING = 'Reading (subscriber)', RIGHTS = 'Rights', TRANSPARENCY = 'Transparency', OPERATING = 'Operating'

export const STREAM: Option = { name: 'stream', type: 'text', value: 'ID', isRequired: true, help: 'The stream, as `sluice streams --mine` lists it.' }
export const GROUP: Argument = { name: 'GROUP', help: 'The id of the group.' }
