import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { DurableOrchestrations } from '../shared/azure/durable-orchestrations.ts';
import { handleSyncMessage } from '../shared/use-cases/handle-sync-message.ts';
import { getDeps } from './app.ts';

/** Works on a run, a slice of pages a message. */
app.storageQueue('sync-pages', {
  queueName: 'sync-pages',
  connection: 'AzureWebJobsStorage',
  extraInputs: [df.input.durableClient()],
  handler: async (message, context) => {
    const orchestrations = new DurableOrchestrations(df.getClient(context));
    await handleSyncMessage({ ...(await getDeps()), orchestrations }, message);
  },
});
