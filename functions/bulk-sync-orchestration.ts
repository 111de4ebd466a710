import * as df from 'durable-functions';
import type { BulkEnvelope, BulkPlan, PartitionStep } from '../shared/core/bulk-envelope.ts';
import { PartitionTurns } from '../shared/core/partition-turns.ts';

/** Turns until the history begins anew: it is read again with every step. */
const turnsPerHistory = 100;

/** Pauses between tries of an activity double from 1 to 30 s; what lasts longer, the watch of the run looks after. */
const retry = new df.RetryOptions(1000, 8);
retry.backoffCoefficient = 2;
retry.maxRetryIntervalInMilliseconds = 30_000;

/**
 * Works on a run in partitions, some at a time. What it knows is in the run and its partitions: an orchestration that is lost is replaced by another, and
 * one that was replaced is told to stop by the first activity that it calls.
 */
df.app.orchestration('bulk-sync', function* ({ df: durable }) {
  const envelope = durable.getInput<BulkEnvelope>();
  const plan: BulkPlan = yield durable.callActivityWithRetry('plan-bulk-sync', retry, envelope);
  if (plan.kind === 'stop') return;
  const turns = new PartitionTurns(plan.open, plan.width, turnsPerHistory);
  const work = new Map<df.Task, number>();
  const waits = new Map<df.Task, { partition: number; timer: df.TimerTask }>();
  for (;;) {
    for (let partition = turns.begin(); partition !== undefined; partition = turns.begin())
      work.set(durable.callActivityWithRetry('work-on-partition', retry, { ...envelope, partition }), partition);
    if (!turns.isBusy) break;
    durable.setCustomStatus({ partitions: plan.partitions, left: turns.left });
    const settled: df.Task = yield durable.Task.any([...work.keys(), ...waits.keys()]);
    const waited = waits.get(settled);
    const worked = work.get(settled);
    waits.delete(settled);
    work.delete(settled);
    if (waited !== undefined) turns.waited(waited.partition);
    if (worked === undefined) continue;
    if (settled.isFaulted) throw settled.result;
    const delayMs = turns.worked(worked, settled.result as PartitionStep);
    if (delayMs === 0) continue;
    const timer = durable.createTimer(new Date(durable.currentUtcDateTime.getTime() + delayMs));
    waits.set(timer, { partition: worked, timer });
  }
  for (const { timer } of waits.values()) timer.cancel();
  if (turns.isUnfinished) return durable.continueAsNew(envelope);
  yield durable.callActivityWithRetry('finish-bulk-sync', retry, envelope);
});
