import * as df from 'durable-functions';
import { DurableOrchestrations } from '../shared/azure/durable-orchestrations.ts';
import { conflictEnvelope, conflictResolutionEnvelope } from '../shared/core/conflict-envelope.ts';
import { lookAfterConflict } from '../shared/use-cases/conflicts/look-after-conflict.ts';
import { workOnResolution } from '../shared/use-cases/conflicts/work-on-resolution.ts';
import { getDeps } from './app.ts';

const extraInputs = [df.input.durableClient()];

/** Reminds people of a conflict, escalates it, or decides it at its deadline. */
df.app.activity('look-after-conflict', {
  extraInputs,
  handler: async (input: unknown, context) => {
    const orchestrations = new DurableOrchestrations(df.getClient(context));
    return lookAfterConflict({ ...(await getDeps()), orchestrations }, conflictEnvelope.parse(input));
  },
});

/** Decides some conflicts of a bulk resolution. */
df.app.activity('resolve-some-conflicts', {
  extraInputs,
  handler: async (input: unknown, context) => {
    const orchestrations = new DurableOrchestrations(df.getClient(context));
    return workOnResolution({ ...(await getDeps()), orchestrations }, conflictResolutionEnvelope.parse(input));
  },
});
