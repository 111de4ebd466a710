import type { getConflictResolution as route } from '../../contracts/conflicts.ts';
import { AppError } from '../../core/app-error.ts';
import { describeResolution } from '../../core/conflicts/describe-conflict.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';

/** How far a decision about many conflicts has come. Throws `not-found`. */
export async function getConflictResolution(
  deps: Pick<Deps, 'conflictResolutions'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const stored = await deps.conflictResolutions.get(scope, { id: params.resolutionId });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such resolution.' });
  return { body: describeResolution(stored.document) };
}
