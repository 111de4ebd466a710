import { setTimeout as wait } from 'node:timers/promises';
import type { ChangeFeedPullModelIterator } from '@azure/cosmos';
import type { Dispatch } from '../dispatch.ts';
import type { HostFunction } from '../functions.ts';
import type { Log } from '../log.ts';
import { runWithRetry } from '../retry.ts';
import type { HeldLease } from './lease-store.ts';
import type { ChangeFeedTrigger } from './trigger.ts';

export interface ChangeFeedContext {
  readonly hostFunction: HostFunction<ChangeFeedTrigger>;
  readonly dispatch: Dispatch;
  readonly log: Log;
}

const NOT_MODIFIED = 304;

/**
 * Hands the changes of one lease to the function, a page a run and in their order, and keeps the place after each run. A
 * page whose tries are all used up is lost, as in Azure; one that was interrupted is read again by the next owner.
 * Resolves when the signal comes; rejects when the feed cannot be read or the place not be kept.
 */
export const processLease = async (
  { hostFunction, dispatch, log }: ChangeFeedContext,
  lease: HeldLease,
  iterator: ChangeFeedPullModelIterator<unknown>,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    const page = await iterator.readNext();
    if (page.statusCode === NOT_MODIFIED || page.result.length === 0) {
      await pause(hostFunction.trigger.feedPollDelayMs, signal);
      continue;
    }
    if (signal.aborted) {
      return;
    }
    const outcome = await runWithRetry(dispatch, hostFunction, { data: { json: JSON.stringify(page.result) } }, signal);
    if (outcome === 'interrupted') {
      return;
    }
    if (outcome === 'failed') {
      const count = page.result.length;
      log(
        'error',
        `Host.Triggers.CosmosDB.${hostFunction.name}`,
        `A batch of ${count} changes failed and is lost, as in Azure: a retry policy keeps it`,
      );
    }
    if (!(await lease.checkpoint(page.continuationToken))) {
      return;
    }
  }
};

/** Resolves after that time, or before when the signal comes. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
};
