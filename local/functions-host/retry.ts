import { setTimeout as wait } from 'node:timers/promises';
import { type Dispatch, InvocationError, type TriggerData } from './dispatch.ts';
import type { HostFunction } from './functions.ts';
import type { RetryContext, RetryOptions } from './worker/rpc.ts';

/** `interrupted`: the host stops or has lost what the run is for; the tries are not used up. */
export type RunOutcome = 'succeeded' | 'failed' | 'interrupted';

/**
 * Runs a function, again and again as its retry policy says. A failure has been logged by then and is no rejection.
 * @param signal ends the tries
 */
export const runWithRetry = async (
  dispatch: Dispatch,
  hostFunction: HostFunction,
  trigger: TriggerData,
  signal: AbortSignal,
): Promise<RunOutcome> => {
  // -1 stands for no end.
  const maxRetryCount = hostFunction.retry?.maxRetryCount ?? 0;
  let retry: RetryContext | undefined;
  for (let retryCount = 1; ; retryCount++) {
    try {
      await dispatch.run(hostFunction, { ...trigger, ...(retry === undefined ? {} : { retry }) });
      return 'succeeded';
    } catch (error) {
      if (!(error instanceof InvocationError)) {
        throw error;
      }
      if (signal.aborted) {
        return 'interrupted';
      }
      if (maxRetryCount >= 0 && retryCount > maxRetryCount) {
        return 'failed';
      }
      retry = { retryCount, maxRetryCount, exception: error.exception };
    }
    try {
      await wait(retryDelayMs(hostFunction.retry ?? {}, retryCount), undefined, { signal });
    } catch {
      return 'interrupted';
    }
  }
};

/** @param retryCount 1 before the first retry */
export const retryDelayMs = (options: RetryOptions, retryCount: number): number => {
  if (options.retryStrategy?.toLowerCase() === 'exponentialbackoff') {
    const minimumMs = (options.minimumInterval?.seconds ?? 0) * 1000;
    const maximumMs = (options.maximumInterval?.seconds ?? 0) * 1000;
    return Math.min(maximumMs, minimumMs * 2 ** Math.min(retryCount - 1, 30));
  }
  return (options.delayInterval?.seconds ?? 0) * 1000;
};
