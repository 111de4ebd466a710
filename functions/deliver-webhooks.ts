import { app } from '@azure/functions';
import { handleOutgoingMessage } from '../shared/use-cases/outgoing/handle-outgoing-message.ts';
import { getDeps } from './app.ts';

/** Sends events to those who subscribed to them. */
app.storageQueue('deliver-webhooks', {
  queueName: 'deliver-webhooks',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => handleOutgoingMessage(await getDeps(), message),
});

/** The same for receivers that are slow: they hold up one another, and nobody else. */
app.storageQueue('deliver-slow-webhooks', {
  queueName: 'deliver-slow-webhooks',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => handleOutgoingMessage(await getDeps(), message, 'slow'),
});
