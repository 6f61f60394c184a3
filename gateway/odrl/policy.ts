// What a policy is, once read. What was not understood is kept with it, for it decides: such a rule permits nothing.
import type { Term } from '#gateway/odrl/graph.ts'
import type { ConflictStrategy, LogicalOperand, Operator, PolicyKind } from '#gateway/odrl/terms.ts'

/** Something that is not understood: `term` is what, `at` in which node. */
export interface Fault { readonly at: string, readonly term: string, readonly message: string }

export interface Policy {
  readonly id: string
  readonly kind: PolicyKind
  readonly conflict: ConflictStrategy
  /** Whether the policy says its strategy itself; else it is `invalid`, as the standard has it. */
  readonly saysConflict: boolean
  readonly profiles: readonly string[]
  /** With those that it inherits. */
  readonly rules: readonly Rule[]
  /** Beside those of its rules. */
  readonly faults: readonly Fault[]
}

export type RuleKind = 'permission' | 'prohibition' | 'obligation'

/** A rule as it is written, with what its policy says for all its rules. `atoms` makes atomic rules of it. */
export interface Rule {
  readonly id: string
  readonly kind: RuleKind
  /** None: any. */
  readonly targets: readonly Scope[]
  readonly assigners: readonly Scope[]
  readonly assignees: readonly Scope[]
  readonly actions: readonly Action[]
  /** All must hold. */
  readonly constraints: readonly Constraint[]
  /** Of a permission: its duties. Of a prohibition: its remedies. Of an obligation: its consequences. */
  readonly duties: readonly Duty[]
  /** All that is not understood anywhere in it. */
  readonly faults: readonly Fault[]
}

/** An asset or a party: itself, or whoever is part of it, as far as the refinements hold. */
export interface Scope {
  readonly id: string
  /** What it is a collection of, where it says so. */
  readonly sources: readonly string[]
  readonly refinements: readonly Constraint[]
}

export interface Action { readonly id: string, readonly refinements: readonly Constraint[] }

export interface Duty {
  readonly id: string
  readonly actions: readonly Action[]
  readonly targets: readonly Scope[]
  readonly constraints: readonly Constraint[]
  readonly consequences: readonly Duty[]
}

export type Constraint = AtomicConstraint | LogicalConstraint

export interface AtomicConstraint {
  readonly id: string
  readonly leftOperand: string
  /** Undefined where the constraint is not understood: then nothing satisfies it. */
  readonly operator: Operator | undefined
  readonly rightOperands: readonly Term[]
  readonly unit?: string
  readonly isUnderstood: boolean
}

export interface LogicalConstraint {
  readonly id: string
  readonly operand: LogicalOperand
  /** In the order that a list has; else as they stand. */
  readonly constraints: readonly Constraint[]
  readonly isUnderstood: boolean
}
