import { AppError } from '../../core/app-error.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** A hold of the tenant. Throws `not-found`. */
export async function findHold(deps: Pick<Deps, 'holds'>, scope: Scope, holdId: string): Promise<Stored<HoldDocument>> {
  const stored = await deps.holds.get(scope, { id: holdId });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such hold.' });
  return stored;
}
