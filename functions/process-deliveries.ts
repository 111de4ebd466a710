import { app } from '@azure/functions';
import { handleDeliveryMessage } from '../shared/use-cases/deliveries/handle-delivery-message.ts';
import { deliveriesFeed, visitArrivals } from '../shared/use-cases/deliveries/visit-arrivals.ts';
import { visitChanges } from '../shared/use-cases/visit-changes.ts';
import { getDeps } from './app.ts';
import { onChanges } from './on-changes.ts';

/** Works on deliveries as they arrive. */
onChanges(deliveriesFeed.name, 'deliveries', (deps, changes) =>
  visitChanges(deps, deliveriesFeed, changes, (scope, documents) => visitArrivals(deps, scope, documents)),
);

/** Works on those whose turn comes later: tries again, what was left, replays. */
app.storageQueue('deliveries', {
  queueName: 'deliveries',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => handleDeliveryMessage(await getDeps(), message),
});
