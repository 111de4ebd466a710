/** What a system can do, and how it treats what it is given. */
export interface Traits {
  /** Records have versions, times of modification and revisions. */
  readonly versioned: boolean;
  /** Writes can be made conditional on a revision. */
  readonly optimistic: boolean;
  readonly idempotentCreate: boolean;
  readonly findsCreated: boolean;
  readonly fetches: boolean;
  /** It answers a write with the record. */
  readonly tells: boolean;
  /** It trims, writes phone numbers and addresses its own way, and drops milliseconds. */
  readonly rough: boolean;
  readonly clockAheadMs: number;
  /** Its times of modification: by its clock unless given; `wild` ones are hours wrong, either way. Its versions then count changes. */
  readonly stamps?: 'right' | 'wild' | 'none';
  /** A key is known for so long; for good unless given. */
  readonly keyHoldsMs?: number;
  /** What a create has made is found by its address, which others may have as well; by its key unless given. */
  readonly findsAlike?: true;
  /** No two records have the same address, those in the bin included: a create is told which one has it. */
  readonly unique?: true;
  /** A create is told that there is one, and not which. */
  readonly hidesOther?: true;
  /** What is in the bin can be read. */
  readonly showsBin?: true;
}

/** What goes wrong with the next write. */
export type WriteFault =
  | 'unknown-done'
  | 'unknown-not-done'
  | 'rejected'
  | 'moved-on'
  | 'rate-limited'
  | 'unavailable'
  | 'untold';
