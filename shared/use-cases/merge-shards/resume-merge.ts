import { dueKey } from '../../core/due.ts';
import type { Scope } from '../../core/scope.ts';
import { completeMerge, type MergeNeeds } from './complete-merge.ts';
import { completeUndo } from './complete-undo.ts';

/** Goes on with a merge or its undo from wherever it is, to its end; any number of workers may do so at once. */
export async function resumeMerge(deps: MergeNeeds, scope: Scope, mergeId: string): Promise<void> {
  await completeMerge(deps, scope, mergeId);
  await completeUndo(deps, scope, mergeId);
  await deps.due.remove(dueKey('merge', scope.tenantId, mergeId));
}
