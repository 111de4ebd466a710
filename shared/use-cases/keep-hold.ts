import type { Slice } from './begin-slice.ts';
import { renewHold } from './hold-task.ts';

/** A partition tells its run at most this often how far it is. */
const keepRunEveryMs = 2000;

/** Shows a sign of life; false when another worker has the run. */
export async function keepHold(slice: Slice): Promise<boolean> {
  const { deps, scope, keepRun } = slice;
  const renewed = await renewHold(deps, scope, slice.hold);
  if (renewed === undefined) return false;
  slice.hold = renewed;
  const nowMs = deps.now().getTime();
  if (keepRun === undefined || nowMs - slice.keptRunAtMs < Math.min(keepRunEveryMs, deps.engine.leaseMs / 3))
    return true;
  slice.keptRunAtMs = nowMs;
  return keepRun();
}
