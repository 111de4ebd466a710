import * as contract from '../shared/contracts/events.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { listEvents } from '../shared/use-cases/list-events.ts';
import { getEventSchemas, listEventSchemas } from '../shared/use-cases/outgoing/list-event-schemas.ts';
import { publishEvent } from '../shared/use-cases/outgoing/publish-event.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listEvents, listEvents),
  endpoint(contract.publishEvent, publishEvent),
  endpoint(contract.listEventSchemas, listEventSchemas),
  endpoint(contract.getEventSchema, getEventSchemas),
);
