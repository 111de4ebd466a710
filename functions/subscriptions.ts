import * as dispatches from '../shared/contracts/dispatches.ts';
import * as contract from '../shared/contracts/subscriptions.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createSubscription } from '../shared/use-cases/outgoing/create-subscription.ts';
import { deleteSubscription } from '../shared/use-cases/outgoing/delete-subscription.ts';
import { cancelReplay, replayDispatch, replayEvents } from '../shared/use-cases/outgoing/replay-dispatches.ts';
import { rotateSubscriptionSecret } from '../shared/use-cases/outgoing/rotate-secret.ts';
import { getOneDispatch, getReplay, listDispatches } from '../shared/use-cases/outgoing/show-dispatches.ts';
import { getOneSubscription, listSubscriptions } from '../shared/use-cases/outgoing/show-subscription.ts';
import { testSubscription } from '../shared/use-cases/outgoing/test-subscription.ts';
import { updateSubscription } from '../shared/use-cases/outgoing/update-subscription.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listSubscriptions, listSubscriptions),
  endpoint(contract.createSubscription, createSubscription),
  endpoint(contract.getSubscription, getOneSubscription),
  endpoint(contract.updateSubscription, updateSubscription),
  endpoint(contract.deleteSubscription, deleteSubscription),
  endpoint(contract.rotateSubscriptionSecret, rotateSubscriptionSecret),
  endpoint(dispatches.testSubscription, testSubscription),
  endpoint(dispatches.listDispatches, listDispatches),
  endpoint(dispatches.getDispatch, getOneDispatch),
  endpoint(dispatches.replayDispatch, replayDispatch),
  endpoint(dispatches.replayEvents, replayEvents),
  endpoint(dispatches.getEventReplay, getReplay),
  endpoint(dispatches.cancelEventReplay, cancelReplay),
);
