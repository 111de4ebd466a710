import { setTimeout as sleep } from 'node:timers/promises';

/** How often and how long something that fails for a moment is tried again. All times in milliseconds. */
export interface RetryBudget {
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
  /** Random in [0, 1). */
  readonly random: () => number;
}

/**
 * Waits before try `attempt` + 1: what the service asked for, or half to all of an exponentially growing delay, whichever is longer.
 * Returns false at once when the tries are used up.
 */
export async function waitBeforeRetry(budget: RetryBudget, attempt: number, askedMs = 0): Promise<boolean> {
  if (attempt >= budget.attempts) return false;
  const ceilingMs = Math.min(budget.maxMs, budget.baseMs * 2 ** (attempt - 1));
  const jittered = ceilingMs / 2 + budget.random() * (ceilingMs / 2);
  await sleep(Math.min(Math.max(askedMs, jittered), budget.maxMs));
  return true;
}
