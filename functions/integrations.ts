import * as contract from '../shared/contracts/integrations.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createIntegration } from '../shared/use-cases/create-integration.ts';
import { deleteIntegration } from '../shared/use-cases/delete-integration.ts';
import { getIntegration } from '../shared/use-cases/get-integration.ts';
import { listIntegrations } from '../shared/use-cases/list-integrations.ts';
import { updateIntegration } from '../shared/use-cases/update-integration.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listIntegrations, listIntegrations),
  endpoint(contract.createIntegration, createIntegration),
  endpoint(contract.getIntegration, getIntegration),
  endpoint(contract.updateIntegration, updateIntegration),
  endpoint(contract.deleteIntegration, deleteIntegration),
);
