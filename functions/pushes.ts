import * as contract from '../shared/contracts/pushes.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { resumePush } from '../shared/use-cases/push/resume-push.ts';
import { retryPush } from '../shared/use-cases/push/retry-push.ts';
import { getPushState, listPushProblems } from '../shared/use-cases/push/show-push.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.getPushState, getPushState),
  endpoint(contract.resumePush, resumePush),
  endpoint(contract.listPushProblems, listPushProblems),
  endpoint(contract.retryPush, retryPush),
);
