import { app } from '@azure/functions';
import { handleSyncMessage } from '../shared/use-cases/handle-sync-message.ts';
import { getDeps } from './app.ts';

/** Works on a run, a slice of pages a message. */
app.storageQueue('sync-pages', {
  queueName: 'sync-pages',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => handleSyncMessage(await getDeps(), message),
});
