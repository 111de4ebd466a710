import type { z } from 'zod';
import type { counts } from '../contracts/executions.ts';

export type Counts = z.infer<typeof counts>;
export type Outcome = Exclude<keyof Counts, 'received'>;

export function noCounts(): Counts {
  return { received: 0, created: 0, updated: 0, unchanged: 0, conflicted: 0, skipped: 0, failed: 0 };
}

export function addCounts(left: Counts, right: Counts): Counts {
  return {
    received: left.received + right.received,
    created: left.created + right.created,
    updated: left.updated + right.updated,
    unchanged: left.unchanged + right.unchanged,
    conflicted: left.conflicted + right.conflicted,
    skipped: left.skipped + right.skipped,
    failed: left.failed + right.failed,
  };
}

export function countOutcome(total: Counts, outcome: Outcome): void {
  total.received += 1;
  total[outcome] += 1;
}

/** A run whose counts don't reconcile cannot have succeeded. */
export function reconciles(total: Counts): boolean {
  return (
    total.received === total.created + total.updated + total.unchanged + total.conflicted + total.skipped + total.failed
  );
}
