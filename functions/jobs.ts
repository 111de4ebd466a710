import { app } from '@azure/functions';
import { handleJobMessage } from '../shared/use-cases/handle-job-message.ts';
import { getDeps } from './app.ts';

/** Goes on with something long that a person has asked for. */
app.storageQueue('jobs', {
  queueName: 'jobs',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => {
    await handleJobMessage(await getDeps(), message);
  },
});
