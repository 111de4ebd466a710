import * as contract from '../shared/contracts/events.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { listEvents } from '../shared/use-cases/list-events.ts';
import { serve } from './serve.ts';

serve(endpoint(contract.listEvents, listEvents));
