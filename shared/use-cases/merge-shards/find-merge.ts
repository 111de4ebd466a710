import { AppError } from '../../core/app-error.ts';
import type { MergeDocument } from '../../core/documents/merge.ts';
import type { MergeCandidateDocument } from '../../core/documents/merge-candidate.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** A merge of the tenant. Throws `not-found`. */
export async function findMerge(deps: Pick<Deps, 'merges'>, scope: Scope, id: string): Promise<Stored<MergeDocument>> {
  const stored = await deps.merges.get(scope, { id });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such merge.' });
  return stored;
}

/** A pair of the tenant's shards that may be one. Throws `not-found`. */
export async function findCandidate(
  deps: Pick<Deps, 'mergeCandidates'>,
  scope: Scope,
  id: string,
): Promise<Stored<MergeCandidateDocument>> {
  const stored = await deps.mergeCandidates.get(scope, { id });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such merge candidate.' });
  return stored;
}
