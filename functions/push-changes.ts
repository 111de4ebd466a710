import { app } from '@azure/functions';
import { handlePushMessage } from '../shared/use-cases/push/handle-push-message.ts';
import { getDeps } from './app.ts';

/** Writes what an integration lacks, for one slice. */
app.storageQueue('push-changes', {
  queueName: 'push-changes',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => {
    await handlePushMessage(await getDeps(), message);
  },
});
