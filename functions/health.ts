import * as contract from '../shared/contracts/health.ts';
import { publicEndpoint } from '../shared/core/endpoint.ts';
import { checkReadiness } from '../shared/use-cases/check-readiness.ts';
import { serve } from './serve.ts';

serve(
  publicEndpoint(contract.live, async () => ({ body: { status: 'live' as const } })),
  publicEndpoint(contract.ready, async (getDeps) => checkReadiness(await getDeps())),
);
