import type { deleteSuppression as route } from '../../contracts/suppressions.ts';
import { AppError } from '../../core/app-error.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { recordAudit } from '../record-audit.ts';

/** Lets records come back when they are next seen. Throws `not-found`. */
export async function deleteSuppression(
  deps: Pick<Deps, 'suppressions' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { suppressionId } = params;
  const removed = await deps.suppressions.remove(scope, { id: suppressionId });
  if (removed === 'gone' && !attempt.repeated)
    throw new AppError('not-found', { detail: 'There is no such suppression.' });
  await recordAudit(deps, scope, { action: 'suppression.deleted', subject: suppressionId });
  return { body: undefined };
}
