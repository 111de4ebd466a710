import type { Dispatch } from '../dispatch.ts';
import type { HostFunction, TimerTrigger } from '../functions.ts';
import { runWithRetry } from '../retry.ts';
import { type ScheduleStatus, toStored } from './schedule-status.ts';

/**
 * Runs a timer function, again and again as its retry policy says. A failure has been logged by then and is no rejection.
 * @param signal ends the tries
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
  await runWithRetry(dispatch, hostFunction, { data: { json } }, signal);
};
