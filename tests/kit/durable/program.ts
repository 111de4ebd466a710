/**
 * A random orchestration as plain data, and what it means. `app/` runs it with durable-functions, `evaluate-program.ts`
 * says what must come out; the two share nothing but these types.
 *
 * The *place* of a step is `<place of its program>:<generation>.<step>`, that of a task the place of its step, that of a
 * child of a compound task `<place of the compound>.<child>`. A sub-orchestration's program has the place of its task; the
 * root program has the empty place. Whatever fails says `boom(<place>)`; an entity's failures have no name.
 */

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** Each generation but the last ends with continue-as-new; the output is the list of what all steps gave. */
export interface Program {
  readonly generations: readonly (readonly Step[])[];
}

export type Step =
  /** Gives the task's value. A failure ends the program, unless it is caught: then the step gives its name. */
  | { readonly kind: 'run'; readonly task: Task; readonly isCaught: boolean }
  /** Waits for the task or a timer that nobody cancels, then for the task. */
  | { readonly kind: 'forget-timer'; readonly task: Task; readonly ms: number }
  /** Waits for the first of two activities with one value. */
  | { readonly kind: 'either'; readonly value: Value }
  /** One-way operations on the program's own entity. */
  | { readonly kind: 'signal'; readonly operations: readonly EntityOperation[] }
  | { readonly kind: 'status'; readonly value: Value }
  /** Waits for these values, which come from outside in this order, as events of one name; some may come twice. */
  | { readonly kind: 'events'; readonly values: readonly Value[] }
  /** An activity raises an event for the orchestration that called it. */
  | { readonly kind: 'ask'; readonly value: Value }
  /** Looks at the replayed clock, which never goes back, and at new GUIDs, which are never the same. */
  | { readonly kind: 'look' }
  | { readonly kind: 'fail' };

export type Task =
  | {
      readonly kind: 'activity';
      readonly outcome: Outcome;
      readonly value: Value;
      readonly retry: Retry | null;
      /** How long it takes. */
      readonly ms: number;
    }
  | {
      readonly kind: 'sub';
      readonly program: Program;
      readonly retry: Retry | null;
      /** Whether the parent chooses the id of the instance. */
      readonly isNamed: boolean;
    }
  | { readonly kind: 'timer'; readonly ms: number }
  /** A call to the program's own entity; in a compound task to one of the task's own. */
  | { readonly kind: 'call'; readonly operation: EntityOperation; readonly isShared: boolean }
  /** A request that is answered with 202 so many times before. */
  | { readonly kind: 'http'; readonly status: number; readonly polls: number }
  | { readonly kind: 'all'; readonly tasks: readonly Task[] }
  /** The winner among others that never come; the timers are cancelled afterwards. */
  | {
      readonly kind: 'any';
      readonly winner: Task;
      readonly at: number;
      readonly losers: readonly ('timer' | 'event')[];
    };

export type Outcome =
  | { readonly kind: 'succeed' }
  | { readonly kind: 'fail' }
  /** Fails at the first runs: fewer than its retry policy allows. */
  | { readonly kind: 'fail-first'; readonly failures: number }
  /** Fails in the first instances that call it: for sub-orchestrations with a retry policy. */
  | { readonly kind: 'fail-first-instances'; readonly failures: number };

export interface Retry {
  readonly attempts: number;
  readonly firstMs: number;
  readonly backoff: number;
}

/** `append` and `read` answer with the entity's list, `relay` appends to the entity `<key>>` by a signal. */
export type EntityOperation =
  | { readonly kind: 'append' | 'relay'; readonly value: string }
  | { readonly kind: 'read' | 'drop' | 'break' };

/** What an orchestration is started with. */
export interface ProgramInput {
  readonly program: Program;
  readonly place: string;
  /** The id of the root instance: effects and entities belong to it. */
  readonly root: string;
  /** Where HTTP requests go. */
  readonly origin: string;
  readonly generation: number;
  readonly results: readonly Value[];
}

/** What the activity is called with. */
export interface ActivityInput {
  /** `<root>|<place>`: one effect. */
  readonly key: string;
  /** Another one in each instance that calls it, the same at each run. */
  readonly token: string;
  readonly place: string;
  readonly outcome: Outcome;
  readonly value: Value;
  readonly ms: number;
}

/** One run of an activity, as a line of the ledger. */
export interface ActivityRun {
  readonly key: string;
  readonly token: string;
}
