import { AppError } from '../../core/app-error.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { ConflictNeeds, Routes } from './conflict-needs.ts';
import { projectConflict } from './project-conflict.ts';

/** A conflict of the tenant, as it is noted. Throws `not-found`. */
export async function findConflict(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  id: string,
): Promise<Stored<ConflictDocument>> {
  return found(await deps.conflicts.get(scope, { id }));
}

/** A conflict of the tenant, as its shard holds it at this moment. Throws `not-found`. */
export async function findConflictNow(
  deps: ConflictNeeds,
  scope: Scope,
  id: string,
  routes: Routes,
): Promise<Stored<ConflictDocument>> {
  return found(await projectConflict(deps, scope, { id }, routes));
}

function found(stored: Stored<ConflictDocument> | undefined): Stored<ConflictDocument> {
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such conflict.' });
  return stored;
}
