import { app } from '@azure/functions';
import { traceparentOf } from '../shared/core/traceparent.ts';
import { runDueEntries } from '../shared/use-cases/run-due-entries.ts';
import { getDeps } from './app.ts';

/** The clock: starts the tasks that are due, and looks after runs that lost their worker. */
app.timer('schedule-due-tasks', {
  schedule: '%CLOCK_SCHEDULE%',
  handler: async (_timer, context) => {
    await runDueEntries(await getDeps(), traceparentOf(context.traceContext?.traceParent, context.invocationId));
  },
});
