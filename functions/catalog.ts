import * as contract from '../shared/contracts/integrations.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { listCatalog } from '../shared/use-cases/list-catalog.ts';
import { serve } from './serve.ts';

serve(endpoint(contract.listCatalog, listCatalog));
