import * as contract from '../shared/contracts/deliveries.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { getDelivery } from '../shared/use-cases/deliveries/get-delivery.ts';
import { listDeliveries } from '../shared/use-cases/deliveries/list-deliveries.ts';
import { redriveDelivery } from '../shared/use-cases/deliveries/redrive-delivery.ts';
import { cancelReplay } from '../shared/use-cases/replays/cancel-replay.ts';
import { createReplay, replayDelivery } from '../shared/use-cases/replays/create-replay.ts';
import { getReplay } from '../shared/use-cases/replays/get-replay.ts';
import { listReplays } from '../shared/use-cases/replays/list-replays.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listDeliveries, listDeliveries),
  endpoint(contract.getDelivery, getDelivery),
  endpoint(contract.replayDelivery, replayDelivery),
  endpoint(contract.redriveDelivery, redriveDelivery),
  endpoint(contract.createReplay, createReplay),
  endpoint(contract.listReplays, listReplays),
  endpoint(contract.getReplay, getReplay),
  endpoint(contract.cancelReplay, cancelReplay),
);
