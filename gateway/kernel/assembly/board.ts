// What the host and the kernel have in common: where everything lies, how long a record of each kind is, and what its numbers mean.

// --- the board: where everything lies, written by the host (offsets from BOARD) ---
export const BOARD: usize = 1024
export const TOPICS = 0, TOPICS_MASK = 4, SLOTS = 8, PRESENT = 12, CELLS = 16, ROWS_OUT = 20, ROWS_OUT_MAX = 24, TEXT_OUT = 28, TEXT_OUT_END = 32
export const PARTS_OUT = 36, NOW_TEXT = 40, NOW = 48, ROWS_DONE = 56, ROWS_MADE = 60, FIRST_MS = 64, END_MS = 72, AHEAD_MS = 80

// --- what becomes of a row of the batch ---
export const DONE = 0, NO_PLAN = 1, NOT_JSON = 2, NOT_COVERED = 3

export const ROW_BYTES: usize = 24, ROW_OUT_BYTES: usize = 32, SLOT_BYTES: usize = 40, CELL_BYTES: usize = 16, CELLS_PER_PART: usize = 4
export const ENTRY_BYTES: usize = 32, FIELD_BYTES: usize = 24, ROUTE_BYTES: usize = 112, PART_BYTES: usize = 24, OTHER_BYTES: usize = 32
export const TOPIC_BYTES: usize = 24, DEVICE_BYTES: usize = 16, ENTITY_BYTES: usize = 24, WORD_BYTES: usize = 12, TEXT_BYTES: usize = 8, STATE_BYTES: usize = 24
export const DEPTH_MAX = 60
export const DIGITS_MAX = 15, POWER_MAX = 22, LEXEME_MAX: u32 = 40
/** Of one row, at most; the host sees to it that no plan has more. */
export const MADE_PER_ROW_MAX = 16
export const ENTITY_TEXT_MAX: usize = 8192
export const PACKED_FORMAT: u8 = 2
/** Decimals that an affine conversion leaves. */
export const AFFINE_DECIMALS = 6

export const NUMBER = 1, TRUE = 2, FALSE = 3, NULL = 4, STRING = 5, NESTED = 6
export const CHILD_FIELD = 1, CHILD_NODE = 2
export const KIND_NUMBER = 0, KIND_WORDS = 1, KIND_TIME = 2
export const TO_PART = 1, TO_STATUS = 2
export const AS_SENT = 0, SHIFTED = 1, AFFINE = 2
export const PART_TEXT = 0, PART_OF_DEVICE = 1, PART_VALUE = 2, PART_PHASES = 3, PART_INSTANT = 4

export const QUOTE: u8 = 0x22, BACKSLASH: u8 = 0x5c, OPEN: u8 = 0x7b, CLOSE: u8 = 0x7d, OPEN_LIST: u8 = 0x5b, CLOSE_LIST: u8 = 0x5d
export const COMMA: u8 = 0x2c, COLON: u8 = 0x3a, MINUS: u8 = 0x2d, POINT: u8 = 0x2e, ZERO: u8 = 0x30

@inline export function board(offset: usize): usize { return <usize>load<u32>(BOARD + offset) }
