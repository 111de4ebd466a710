import * as contract from '../shared/contracts/health.ts';
import { listIntegrationHealth } from '../shared/contracts/integration-health.ts';
import { endpoint, publicEndpoint } from '../shared/core/endpoint.ts';
import { checkReadiness } from '../shared/use-cases/check-readiness.ts';
import { listIntegrationHealth as listHealth } from '../shared/use-cases/list-integration-health.ts';
import { serve } from './serve.ts';

serve(
  publicEndpoint(contract.live, async () => ({ body: { status: 'live' as const } })),
  publicEndpoint(contract.ready, async (getDeps) => checkReadiness(await getDeps())),
  endpoint(listIntegrationHealth, listHealth),
);
