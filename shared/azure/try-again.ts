import { type RetryBudget, waitBeforeRetry } from './backoff.ts';
import { meaningOfError, retryAfterMsOf, storeUnavailable } from './cosmos-failure.ts';

/** What happened on the way to an answer. */
export interface Tries {
  /** An earlier try may have taken effect although it was not answered. */
  unclear: boolean;
}

/** Above the SDK's own retries: about ten seconds in all. */
export function storeBudget(random: () => number): RetryBudget {
  return { attempts: 8, baseMs: 40, maxMs: 4000, random };
}

/**
 * Repeats a Cosmos call that fails for a moment. A final failure is thrown as it is; one that lasts becomes `unavailable`.
 */
export async function tryAgain<T>(
  budget: RetryBudget,
  call: () => Promise<T>,
  tries: Tries = { unclear: false },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const meaning = meaningOfError(error);
      if (meaning === 'final') throw error;
      if (meaning === 'unclear') tries.unclear = true;
      if (!(await waitBeforeRetry(budget, attempt, retryAfterMsOf(error)))) throw storeUnavailable(error);
    }
  }
}
