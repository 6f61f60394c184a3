// What is known of the message under way. AssemblyScript lets one file set another's variable: these are registers, and nothing else is shared.

/** Where it is read, and where its text is written. */
export let at: usize = 0
export let out: usize = 0

export let device: usize = 0
export let plan: usize = 0

/** Tells what is of this message from what is left of others: nothing is cleared between them. */
export let generation: i32 = 0
/** Fields that are there, in the order in which they came first. */
export let present: usize = 0
export let presentCount: i32 = 0
export let slots: usize = 0
export let marks: i32 = 0
/** Objects that no plan names. */
export let unnamedCount: i32 = 0
/** The last text had escapes. */
export let isEscaped: bool = false

export let isTimed: bool = false
export let observedAt: f64 = 0
export let timeText: usize = 0

/** Values in their places. */
export let cells: usize = 0
export let partEnds: usize = 0
/** Values that were given a place, and the entities of the device that they are in: a bit each, and in their order. */
export let placed: i32 = 0
export let touched: u64 = 0
export let touchedCount: i32 = 0
