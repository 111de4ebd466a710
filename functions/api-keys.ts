import * as contract from '../shared/contracts/api-keys.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createApiKey } from '../shared/use-cases/create-api-key.ts';
import { listApiKeys } from '../shared/use-cases/list-api-keys.ts';
import { revokeApiKey } from '../shared/use-cases/revoke-api-key.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listApiKeys, listApiKeys),
  endpoint(contract.createApiKey, createApiKey),
  endpoint(contract.revokeApiKey, revokeApiKey),
);
