import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { DurableOrchestrations } from '../shared/azure/durable-orchestrations.ts';
import { forgetOrchestrations } from '../shared/use-cases/forget-orchestrations.ts';
import { getDeps } from './app.ts';

/** Once a night. */
app.timer('forget-orchestrations', {
  schedule: '0 17 3 * * *',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const orchestrations = new DurableOrchestrations(df.getClient(context));
    await forgetOrchestrations({ ...(await getDeps()), orchestrations });
  },
});
