import * as contract from '../shared/contracts/erasures.ts';
import * as suppressions from '../shared/contracts/suppressions.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createErasure } from '../shared/use-cases/erasures/create-erasure.ts';
import { exportErasure } from '../shared/use-cases/erasures/export-erasure.ts';
import { getErasure } from '../shared/use-cases/erasures/get-erasure.ts';
import { startErasure } from '../shared/use-cases/erasures/start-erasure.ts';
import { deleteSuppression } from '../shared/use-cases/suppressions/delete-suppression.ts';
import { listSuppressions } from '../shared/use-cases/suppressions/list-suppressions.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.createErasure, createErasure),
  endpoint(contract.getErasure, getErasure),
  endpoint(contract.exportErasure, exportErasure),
  endpoint(contract.startErasure, startErasure),
  endpoint(suppressions.listSuppressions, listSuppressions),
  endpoint(suppressions.deleteSuppression, deleteSuppression),
);
