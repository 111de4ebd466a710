import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { DurableOrchestrations } from '../shared/azure/durable-orchestrations.ts';
import { traceparentOf } from '../shared/core/traceparent.ts';
import { runDueEntries } from '../shared/use-cases/run-due-entries.ts';
import { getDeps } from './app.ts';

/** The clock: starts the tasks that are due, and looks after runs and conflicts that lost their worker. */
app.timer('schedule-due-tasks', {
  schedule: '%CLOCK_SCHEDULE%',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const orchestrations = new DurableOrchestrations(df.getClient(context));
    const deps = { ...(await getDeps()), orchestrations };
    await runDueEntries(deps, traceparentOf(context.traceContext?.traceParent, context.invocationId));
  },
});
