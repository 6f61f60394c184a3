// What the host and the kernel have in common: where everything lies, how long a record of each kind is, and what its numbers mean. The host's
// half is in kernel.ts, tables.ts, nodes.ts and topic-table.ts.

/** Offsets from BOARD; the host writes what is there but the last two of a run. */
export const BOARD: usize = 1024
export const TOPICS = 0, TOPICS_MASK = 4, SLOTS = 8, PRESENT = 12, CELLS = 16, ROWS_OUT = 20, ROWS_OUT_MAX = 24, TEXT_OUT = 28, TEXT_OUT_END = 32
export const PARTS_OUT = 36, NOW_TEXT = 40, NOW = 48, ROWS_DONE = 56, ROWS_MADE = 60, FIRST_MS = 64, END_MS = 72, AHEAD_MS = 80
export const STATES = 88, SCRATCH = 92

/** What becomes of a row of the batch. */
export const DONE = 0, NO_PLAN = 1, NOT_JSON = 2, NOT_COVERED = 3, ONLY_STATES = 4

export const ROW_BYTES: usize = 24, ROW_OUT_BYTES: usize = 32, SLOT_BYTES: usize = 48, CELL_BYTES: usize = 16, CELLS_PER_PART: usize = 4
export const ENTRY_BYTES: usize = 32, ITEM_BYTES: usize = 8, FIELD_BYTES: usize = 32, ROUTE_BYTES: usize = 112, PART_BYTES: usize = 24
export const OTHER_BYTES: usize = 32, TOPIC_BYTES: usize = 24, DEVICE_BYTES: usize = 24, ENTITY_BYTES: usize = 24, WORD_BYTES: usize = 16
export const TEXT_BYTES: usize = 8, STATE_BYTES: usize = 24, STATE_CELL_BYTES: usize = 16, TIME_BYTES: usize = 24, ALIEN_BYTES: usize = 16

export const DEPTH_MAX = 60
/** Objects of a message whose keys no plan names, and that are looked into. */
export const UNNAMED_MAX = 32
/** Digits and powers of ten up to which a double holds a decimal exactly, so that one operation rounds once (Clinger). */
export const DIGITS_MAX = 15, POWER_MAX = 22
/** Of a number with more digits so many are looked at. */
export const DIGITS_KEPT = 18
/** Longer numbers are written anew: nobody is to make texts longer by padding them. */
export const LEXEME_MAX: u32 = 40
/** Of one row, at most; the host sees to it that no entity's text is longer. */
export const MADE_PER_ROW_MAX = 16
export const ENTITY_TEXT_MAX: usize = 8192
export const PACKED_FORMAT: u8 = 2
/** Decimals that an affine conversion leaves, and digits that another leaves. */
export const AFFINE_DECIMALS = 6, RATIO_DIGITS: u64 = 100_000_000_000_000

/** Types of values. LONG is a text with escapes that is too long to be looked at, OBJECT one with fields of its own. */
export const NUMBER = 1, TRUE = 2, FALSE = 3, NULL = 4, STRING = 5, NESTED = 6, OWN = 7, LONG = 8, OBJECT = 9
export const KIND_NUMBER = 0, KIND_WORDS = 1, KIND_TIME = 2, KIND_MARK = 3, KIND_ALIEN = 4, KIND_SIGNAL = 5, KIND_NEVER = 6
export const TELLER = 1, REQUIRED = 2, NEVER_NULL = 4, TEXT_TOO = 8
export const MILLISECONDS = 1, SECONDS = 2, TEXT = 4, LOCAL = 8, STRICT_TIME = 16, AGREES = 32
export const FOLDED = 1, OPEN_ENDED = 2, STRICT = 4
export const TO_PART = 1, TO_STATE = 2, TO_MAPPER = 3
export const AS_SENT = 0, SHIFTED = 1, AFFINE = 2, RATIO = 3
export const PART_TEXT = 0, PART_OF_DEVICE = 1, PART_VALUE = 2, PART_PHASES = 3, PART_INSTANT = 4

export const QUOTE: u8 = 0x22, BACKSLASH: u8 = 0x5c, OPEN: u8 = 0x7b, CLOSE: u8 = 0x7d, OPEN_LIST: u8 = 0x5b, CLOSE_LIST: u8 = 0x5d
export const COMMA: u8 = 0x2c, COLON: u8 = 0x3a, PLUS: u8 = 0x2b, MINUS: u8 = 0x2d, POINT: u8 = 0x2e, ZERO: u8 = 0x30, UNDERSCORE: u8 = 0x5f

@inline export function board(offset: usize): usize { return <usize>load<u32>(BOARD + offset) }
