import { setTimeout as wait } from 'node:timers/promises';
import { createEvent, EventType } from '../history-event.ts';
import type { HubStore, PendingActivity } from '../store/hub-store.ts';
import { fireTimers, nextDueMs } from '../store/timers.ts';
import { callHttp } from './call-http.ts';
import type { DurableLog, EngineContext, EngineSettings } from './context.ts';
import { isEntityId } from './entity-message.ts';
import { runEntityTurn } from './entity-turn.ts';
import { runOrchestrationTurn } from './orchestration-turn.ts';
import { TurnQueue } from './turn-queue.ts';
import type { Worker } from './worker.ts';

/** No wait is longer, so that a changed clock is noticed; it also keeps clear of the limit of setTimeout. */
const LONGEST_WAIT_MS = 60_000;
/** How many timers fire in one transaction. */
const TIMER_BATCH = 1_000;
const RETRY_COMMIT_MS = 1_000;
/** How long the end waits for HTTP calls, which may take minutes; the host itself waits 8 s. */
const LAST_CALLS_MS = 4_000;

export interface Engine {
  /** Commits a change and wakes whomever it has sent something. */
  commit<Result>(change: () => Result): Promise<Result>;
  /** Begins to run what waits. Commits are taken before. */
  begin(): void;
  /** True once it is told to stop. */
  readonly isStopping: boolean;
  /** Begins nothing new and resolves when all that runs is committed. */
  stop(): Promise<void>;
}

/** Runs all there is to run in a hub, from `begin` on, whenever something arrives or is due. */
export const createEngine = (store: HubStore, worker: Worker, settings: EngineSettings, log: DurableLog): Engine => {
  const stopping = new AbortController();
  const now = Date.now;
  const context: EngineContext = {
    store,
    worker,
    settings,
    now,
    log,
    persist: async (change) => {
      for (;;) {
        try {
          await commit(change);
          return;
        } catch (error) {
          log(
            'error',
            `The state of the task hub cannot be written: ${error instanceof Error ? error.message : error}`,
          );
          await wait(RETRY_COMMIT_MS, undefined, { signal: stopping.signal });
        }
      }
    },
  };
  const report = (id: string) => (error: unknown) => {
    if (!stopping.signal.aborted) {
      log('error', `${id} was interrupted: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  };
  const orchestrations = new TurnQueue(
    settings.maxConcurrentOrchestrators,
    (id) => runOrchestrationTurn(context, id),
    report,
  );
  const entities = new TurnQueue(settings.maxConcurrentEntities, (id) => runEntityTurn(context, id), report);
  const activities = startActivities(context, report);
  const timers = startTimers(context, report);

  let hasBegun = false;
  const wake = (): void => {
    const { touched } = store;
    if (!hasBegun) {
      return;
    }
    for (const target of touched.targets) {
      (isEntityId(target) ? entities : orchestrations).add(target);
    }
    touched.targets.clear();
    if (touched.hasActivities) {
      touched.hasActivities = false;
      activities.fill();
    }
    if (touched.hasTimers) {
      touched.hasTimers = false;
      timers.plan();
    }
  };
  const commit = async <Result>(change: () => Result): Promise<Result> => {
    const result = await store.commit(change);
    wake();
    return result;
  };

  return {
    commit,
    begin: () => {
      hasBegun = true;
      for (const target of store.targetsWithMessages()) {
        store.touched.targets.add(target);
      }
      store.touched.hasActivities = true;
      store.touched.hasTimers = true;
      wake();
    },
    get isStopping() {
      return stopping.signal.aborted;
    },
    stop: async () => {
      stopping.abort();
      timers.stop();
      activities.stop();
      await Promise.all([orchestrations.stop(), entities.stop(), activities.idle()]);
    },
  };
};

type Report = (id: string) => (error: unknown) => void;

/** Hands out activities in the order in which they were asked for, a bounded number at a time. */
const startActivities = (context: EngineContext, report: Report) => {
  const { store, settings } = context;
  const running = new Set<Promise<void>>();
  const givingUp = new AbortController();
  let handedOut = 0;
  let isStopped = false;
  const fill = (): void => {
    const free = settings.maxConcurrentActivities - running.size;
    if (isStopped || free <= 0) {
      return;
    }
    for (const activity of store.activitiesAfter(handedOut, free)) {
      handedOut = activity.seq;
      const run = runActivity(context, activity, givingUp.signal)
        .catch(report(`The activity ${activity.name}`))
        .finally(() => {
          running.delete(run);
          fill();
        });
      running.add(run);
    }
  };
  return {
    fill,
    stop: () => {
      isStopped = true;
      setTimeout(() => givingUp.abort(), LAST_CALLS_MS).unref();
    },
    idle: async () => {
      while (running.size > 0) {
        await Promise.all(running);
      }
    },
  };
};

const runActivity = async (context: EngineContext, activity: PendingActivity, giveUp: AbortSignal): Promise<void> => {
  const { store, worker } = context;
  const { instance, execution, task, name, input, kind } = activity;
  const outcome =
    kind === 'http'
      ? await callHttp(input ?? '', giveUp)
      : await worker.runActivity({ name, instanceId: instance, input });
  const event =
    outcome.kind === 'completed'
      ? createEvent(EventType.TaskCompleted, context.now(), { TaskScheduledId: task, Result: outcome.result })
      : createEvent(EventType.TaskFailed, context.now(), {
          TaskScheduledId: task,
          Reason: outcome.reason,
          Details: outcome.details,
          FailureDetails: outcome.failureDetails,
        });
  await context.persist(() => {
    if (store.deleteActivity(activity.seq)) {
      store.send(instance, JSON.stringify(event), execution);
    }
  });
};

/** One timer of the process for the earliest of all that are due. */
const startTimers = (context: EngineContext, report: Report) => {
  const { store, now } = context;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const plan = (): void => {
    clearTimeout(timer);
    const dueMs = isStopped ? undefined : nextDueMs(store);
    if (dueMs !== undefined) {
      timer = setTimeout(
        () => fire().catch(report('The clock')),
        Math.min(Math.max(dueMs - now(), 0), LONGEST_WAIT_MS),
      );
    }
  };
  const fire = async (): Promise<void> => {
    await context.persist(() => fireTimers(store, now(), TIMER_BATCH));
    plan();
  };
  return {
    plan,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
