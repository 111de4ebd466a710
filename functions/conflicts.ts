import * as contract from '../shared/contracts/conflicts.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { getConflict } from '../shared/use-cases/conflicts/get-conflict.ts';
import { getConflictResolution } from '../shared/use-cases/conflicts/get-conflict-resolution.ts';
import { listConflictResolutions } from '../shared/use-cases/conflicts/list-conflict-resolutions.ts';
import { listConflicts } from '../shared/use-cases/conflicts/list-conflicts.ts';
import { resolveConflict } from '../shared/use-cases/conflicts/resolve-conflict.ts';
import { resolveConflicts } from '../shared/use-cases/conflicts/resolve-conflicts.ts';
import { undoConflict } from '../shared/use-cases/conflicts/undo-conflict.ts';
import { serve } from './serve.ts';
import { serveDurable } from './serve-durable.ts';

serve(
  endpoint(contract.listConflicts, listConflicts),
  endpoint(contract.getConflict, getConflict),
  endpoint(contract.listConflictResolutions, listConflictResolutions),
  endpoint(contract.getConflictResolution, getConflictResolution),
);

serveDurable(contract.resolveConflict, resolveConflict);
serveDurable(contract.undoConflict, undoConflict);
serveDurable(contract.resolveConflicts, resolveConflicts);
