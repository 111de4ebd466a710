import * as df from 'durable-functions';
import type { BulkEnvelope, BulkPlan, BulkStep, BulkWorkerEnvelope } from '../shared/core/bulk-envelope.ts';
import { workerIdOf } from '../shared/core/bulk-envelope.ts';
import { later } from '../shared/core/later.ts';

/** Steps until a worker's history begins anew: it is read again with every step. */
const stepsPerHistory = 50;

/** Pauses between tries of an activity double from 1 to 30 s; what lasts longer, the watch of the run looks after. */
const retry = new df.RetryOptions(1000, 8);
retry.backoffCoefficient = 2;
retry.maxRetryIntervalInMilliseconds = 30_000;

/**
 * Works on a run in partitions. What it knows is in the run and its partitions: an orchestration that is lost is replaced by another, and one that was
 * replaced is told to stop by the next activity that it calls.
 */
df.app.orchestration('bulk-sync', function* ({ df: durable }) {
  const envelope = durable.getInput<BulkEnvelope>();
  const plan: BulkPlan = yield durable.callActivityWithRetry('plan-bulk-sync', retry, envelope);
  durable.setCustomStatus(plan);
  const workers = Array.from({ length: plan.workers }, (_, worker) => {
    const own: BulkWorkerEnvelope = { ...envelope, worker };
    return durable.callSubOrchestrator('bulk-sync-worker', own, workerIdOf(own));
  });
  if (workers.length > 0) yield durable.Task.all(workers);
  yield durable.callActivityWithRetry('finish-bulk-sync', retry, envelope);
});

/** Works on one partition after the other, a slice of pages a step, until none is left for it. */
df.app.orchestration('bulk-sync-worker', function* ({ df: durable }) {
  const envelope = durable.getInput<BulkWorkerEnvelope>();
  for (let steps = 0; steps < stepsPerHistory; steps += 1) {
    const step: BulkStep = yield durable.callActivityWithRetry('work-on-partition', retry, envelope);
    durable.setCustomStatus(step.status);
    if (!step.goesOn) return;
    if (step.delayMs > 0) yield durable.createTimer(later(durable.currentUtcDateTime, step.delayMs));
  }
  durable.continueAsNew(envelope);
});
