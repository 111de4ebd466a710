import * as df from 'durable-functions';
import type { ConflictResolutionEnvelope, ConflictResolutionStep } from '../shared/core/conflict-envelope.ts';

/** Slices until the history begins anew: it is read again with every one. */
const slicesPerHistory = 50;

/** Pauses between tries of an activity double from 1 to 30 s; what lasts longer, the clock looks after. */
const retry = new df.RetryOptions(1000, 8);
retry.backoffCoefficient = 2;
retry.maxRetryIntervalInMilliseconds = 30_000;

/** Decides many conflicts alike, a slice at a time. */
df.app.orchestration('resolve-conflicts', function* ({ df: durable }) {
  const envelope = durable.getInput<ConflictResolutionEnvelope>();
  for (let slices = 0; slices < slicesPerHistory; slices += 1) {
    const step: ConflictResolutionStep = yield durable.callActivityWithRetry('resolve-some-conflicts', retry, envelope);
    durable.setCustomStatus(step.status);
    if (!step.goesOn) return;
  }
  durable.continueAsNew(envelope);
});
