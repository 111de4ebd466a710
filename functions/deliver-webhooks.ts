import { app } from '@azure/functions';
import { handleOutgoingMessage } from '../shared/use-cases/outgoing/handle-outgoing-message.ts';
import { getDeps } from './app.ts';

/** Sends events to those who subscribed to them, one attempt a message. */
app.storageQueue('deliver-webhooks', {
  queueName: 'deliver-webhooks',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => handleOutgoingMessage(await getDeps(), message),
});
