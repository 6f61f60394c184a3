// What is known of the message under way. AssemblyScript lets one file set another's variable: these are registers, and nothing else is shared.

export let at: usize = 0
export let plan: usize = 0
export let slots: usize = 0
export let present: usize = 0
export let presentCount: i32 = 0
export let generation: i32 = 0
export let marks: i32 = 0
export let isEscaped: bool = false
export let cells: usize = 0
export let out: usize = 0
export let observedAt: f64 = 0
export let timeText: usize = 0
export let isTimed: bool = false
export let partEnds: usize = 0

/** Which local entities of the device were touched, one bit each. */
export let touched: u64 = 0
