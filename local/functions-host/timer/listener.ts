import { setTimeout as wait } from 'node:timers/promises';
import type { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob';
import type { HostJson } from '../config/host-json.ts';
import type { Dispatch } from '../dispatch.ts';
import type { HostFunction, TimerTrigger } from '../functions.ts';
import { describeError, type Log } from '../log.ts';
import { runTimer } from './run-timer.ts';
import type { Schedule } from './schedule.ts';
import { createScheduleStore, resumeSchedule, type ScheduleStore } from './schedule-status.ts';
import { type Lock, tryLock } from './singleton.ts';

export interface TimerContext {
  readonly hostFunction: HostFunction<TimerTrigger>;
  readonly schedule: Schedule;
  /** Where the lock and the status are kept. */
  readonly blobs: BlobServiceClient;
  readonly hostId: string;
  readonly singleton: HostJson['singleton'];
  readonly dispatch: Dispatch;
  readonly log: Log;
}

export interface TimerListener {
  /** Starts no further run, waits for the one that runs and gives the timer to other hosts. */
  stop(): Promise<void>;
}

const CONTAINER = 'azure-webjobs-hosts';
/** No wait is longer, so that a changed clock is noticed; it also keeps clear of the limit of setTimeout. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Runs a function by its schedule, on one host at a time and never twice at a time: the next run is planned when the last
 * one has ended.
 */
export const startTimerListener = (context: TimerContext): TimerListener => {
  const { hostFunction, schedule, blobs, hostId, log } = context;
  const container = blobs.getContainerClient(CONTAINER);
  const name = `Host.Functions.${hostFunction.name}`;
  const store = schedule.isMonitored
    ? createScheduleStore(container.getBlockBlobClient(`timers/${hostId}/${name}/status`))
    : undefined;
  const stopping = new AbortController();
  const category = `Host.Triggers.Timer.${hostFunction.name}`;

  const listen = async (): Promise<void> => {
    const lockBlob = container.getBlockBlobClient(`locks/${hostId}/${name}.Listener`);
    while (!stopping.signal.aborted) {
      try {
        await container.createIfNotExists();
        await runWhileLocked(context, store, lockBlob, stopping.signal);
      } catch (error) {
        log('error', category, `The timer is interrupted: ${describeError(error)}`);
      }
      await waitUntil(Date.now() + context.singleton.listenerLockRecoveryPollingInterval, stopping.signal);
    }
  };
  const ended = listen();

  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
};

const runWhileLocked = async (
  context: TimerContext,
  store: ScheduleStore | undefined,
  lockBlob: BlockBlobClient,
  stopping: AbortSignal,
): Promise<void> => {
  const { hostFunction, singleton, log } = context;
  const category = `Host.Triggers.Timer.${hostFunction.name}`;
  const lock = await tryLock(lockBlob, singleton.listenerLockPeriod, (reason) =>
    log('warning', category, `The lock cannot be renewed: ${reason}`),
  );
  if (lock === undefined) {
    return;
  }
  try {
    await runSchedule(context, store, AbortSignal.any([stopping, lostSignal(lock)]));
  } finally {
    await lock.release().catch((error: unknown) => {
      log('warning', category, `The lock cannot be released and will run out: ${describeError(error)}`);
    });
  }
};

const lostSignal = (lock: Lock): AbortSignal => {
  const lost = new AbortController();
  lock.lost.then(
    () => lost.abort(),
    () => undefined,
  );
  return lost.signal;
};

const runSchedule = async (
  context: TimerContext,
  store: ScheduleStore | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const { hostFunction, schedule, dispatch, log } = context;
  const category = `Host.Triggers.Timer.${hostFunction.name}`;
  const kept = await store?.read();
  const resumed = resumeSchedule(kept, schedule.next, new Date());
  if (resumed === undefined) {
    log('warning', category, `The schedule "${hostFunction.trigger.schedule}" never comes`);
    await waitUntil(Number.POSITIVE_INFINITY, signal);
    return;
  }
  let { status } = resumed;
  if (status !== kept) {
    await store?.write(status);
  }
  let isDue = resumed.isPastDue || hostFunction.trigger.runOnStartup;
  let { isPastDue } = resumed;
  while (!signal.aborted) {
    if (!isDue) {
      log('debug', category, `Next run at ${status.next.toISOString()}`);
      await waitUntil(status.next.getTime(), signal);
      if (signal.aborted) {
        return;
      }
    }
    const startedAt = new Date(Math.max(Date.now(), isDue ? 0 : status.next.getTime()));
    await runTimer(dispatch, hostFunction, isPastDue, store && status, signal);
    isDue = false;
    isPastDue = false;
    // Planned from the end of the run: occurrences during it are skipped.
    const endedAt = new Date();
    const next = schedule.next(endedAt);
    if (next === undefined) {
      return;
    }
    status = { last: startedAt, next, lastUpdated: endedAt };
    await store?.write(status);
  }
};

/** Resolves at that time, or before when the signal comes. */
const waitUntil = async (timeMs: number, signal: AbortSignal): Promise<void> => {
  try {
    for (let leftMs = timeMs - Date.now(); leftMs > 0; leftMs = timeMs - Date.now()) {
      await wait(Math.min(leftMs, LONGEST_WAIT_MS), undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
};
