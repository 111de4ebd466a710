import { app } from '@azure/functions';
import { traceparentOf } from '../shared/core/traceparent.ts';
import { monitorHealth } from '../shared/use-cases/monitor-health.ts';
import { getDeps } from './app.ts';

/** Looks at the integrations that are due, and at the work queue. */
app.timer('monitor-health', {
  schedule: '%HEALTH_SCHEDULE%',
  handler: async (_timer, context) => {
    await monitorHealth(await getDeps(), traceparentOf(context.traceContext?.traceParent, context.invocationId));
  },
});
