import * as contract from '../shared/contracts/holds.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { approveHold } from '../shared/use-cases/holds/approve-hold.ts';
import { cancelHold } from '../shared/use-cases/holds/cancel-hold.ts';
import { getHold } from '../shared/use-cases/holds/get-hold.ts';
import { listHolds } from '../shared/use-cases/holds/list-holds.ts';
import { rejectHold } from '../shared/use-cases/holds/reject-hold.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listHolds, listHolds),
  endpoint(contract.getHold, getHold),
  endpoint(contract.approveHold, approveHold),
  endpoint(contract.rejectHold, rejectHold),
  endpoint(contract.cancelHold, cancelHold),
);
