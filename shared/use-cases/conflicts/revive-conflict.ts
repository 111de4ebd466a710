import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { ConflictNeeds } from './conflict-needs.ts';
import { lookAfterConflict } from './look-after-conflict.ts';
import { workOnResolution } from './work-on-resolution.ts';

/** Nobody has looked after a conflict in time: does what is due of it, and starts its orchestration again, should it be lost. */
export async function reviveConflict(deps: ConflictNeeds, scope: Scope, conflictId: string): Promise<void> {
  const { tenantId, traceparent } = scope;
  const envelope = { tenantId, traceparent, conflictId };
  const { goesOn } = await lookAfterConflict(deps, envelope);
  if (goesOn) await deps.orchestrations.start('resolve-conflict', conflictId, envelope);
}

/** The same for a bulk resolution. */
export async function reviveResolution(
  deps: ConflictNeeds & Pick<Deps, 'conflictResolutions'>,
  scope: Scope,
  resolutionId: string,
): Promise<void> {
  const { tenantId, traceparent } = scope;
  const envelope = { tenantId, traceparent, resolutionId };
  const { goesOn } = await workOnResolution(deps, envelope);
  if (goesOn) await deps.orchestrations.start('resolve-conflicts', resolutionId, envelope);
}
