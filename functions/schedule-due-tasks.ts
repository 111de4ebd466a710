import { randomBytes } from 'node:crypto';
import { app } from '@azure/functions';
import { composeTraceparent } from '../shared/core/trace.ts';
import { runDueEntries } from '../shared/use-cases/run-due-entries.ts';
import { getDeps } from './app.ts';

/** The clock: starts the tasks that are due, and looks after runs that lost their worker. */
app.timer('schedule-due-tasks', {
  schedule: '%CLOCK_SCHEDULE%',
  handler: async () => {
    await runDueEntries(await getDeps(), composeTraceparent(randomBytes(24)));
  },
});
