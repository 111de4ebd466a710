import { setTimeout as wait } from 'node:timers/promises';
import { type Dispatch, InvocationError } from '../dispatch.ts';
import type { HostFunction, TimerTrigger } from '../functions.ts';
import type { RetryContext, RetryOptions } from '../worker/rpc.ts';
import { type ScheduleStatus, toStored } from './schedule-status.ts';

/**
 * Runs a timer function, again and again as its retry policy says. A failure has been logged by then and is no rejection.
 * @param signal ends the waits between tries
 */
export const runTimer = async (
  dispatch: Dispatch,
  hostFunction: HostFunction<TimerTrigger>,
  isPastDue: boolean,
  status: ScheduleStatus | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const json = JSON.stringify({
    Schedule: { AdjustForDST: true },
    ...(status === undefined ? {} : { ScheduleStatus: toStored(status) }),
    IsPastDue: isPastDue,
  });
  // -1 stands for no end.
  const maxRetryCount = hostFunction.retry?.maxRetryCount ?? 0;
  let retry: RetryContext | undefined;
  for (let retryCount = 1; ; retryCount++) {
    try {
      await dispatch.run(hostFunction, { data: { json }, ...(retry === undefined ? {} : { retry }) });
      return;
    } catch (error) {
      if (!(error instanceof InvocationError)) {
        throw error;
      }
      if ((maxRetryCount >= 0 && retryCount > maxRetryCount) || signal.aborted) {
        return;
      }
      retry = { retryCount, maxRetryCount, exception: error.exception };
    }
    try {
      await wait(retryDelayMs(hostFunction.retry ?? {}, retryCount), undefined, { signal });
    } catch {
      // The host stops: there is no further try.
      return;
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
