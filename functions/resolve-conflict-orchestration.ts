import * as df from 'durable-functions';
import { type ConflictEnvelope, type ConflictStep, conflictChanged } from '../shared/core/conflict-envelope.ts';
import { later } from '../shared/core/later.ts';

/** Pauses between tries of an activity double from 1 to 30 s; what lasts longer, the clock looks after. */
const retry = new df.RetryOptions(1000, 8);
retry.backoffCoefficient = 2;
retry.maxRetryIntervalInMilliseconds = 30_000;

/**
 * Waits for a person to decide a conflict, and meanwhile has people reminded of it, or the deadline decide. What it knows is in the conflict: each time that
 * it wakes it looks there, and begins anew.
 */
df.app.orchestration('resolve-conflict', function* ({ df: durable }) {
  const envelope = durable.getInput<ConflictEnvelope>();
  const step: ConflictStep = yield durable.callActivityWithRetry('look-after-conflict', retry, envelope);
  durable.setCustomStatus(step.status);
  if (!step.goesOn) return;
  const timer = durable.createTimer(later(durable.currentUtcDateTime, step.delayMs));
  yield durable.Task.any([durable.waitForExternalEvent(conflictChanged), timer]);
  if (!timer.isCompleted) timer.cancel();
  durable.continueAsNew(envelope);
});
