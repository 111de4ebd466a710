import { missingIdOf } from '../../core/documents/comparison.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { deleteRecords } from '../compare-records/delete-records.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';

type Approved = HoldDocument & { readonly action: Extract<HoldDocument['action'], { kind: 'delete-missing' }> };

/**
 * Deletes the records of an approved hold, batch by batch; those that have been seen since stay. After each batch the hold says how far it is, on its
 * ETag: a person may have cancelled it, or another worker be ahead.
 *
 * @returns whether some are left when the time is over
 */
export async function deleteHeld(deps: Deps, scope: Scope, holdId: string): Promise<'goes-on' | 'ended'> {
  const startedAtMs = deps.now().getTime();
  for (;;) {
    const stored = await deps.holds.get(scope, { id: holdId });
    if (stored === undefined || !isApproved(stored)) return 'ended';
    await deps.holds.write(scope, {
      kind: 'replace',
      document: await takeBatch(deps, scope, stored.document),
      etag: stored.etag,
    });
    if (deps.now().getTime() - startedAtMs >= deps.engine.sliceMs) return 'goes-on';
  }
}

function isApproved(stored: Stored<HoldDocument>): stored is Stored<Approved> {
  return stored.document.state === 'approved' && stored.document.action.kind === 'delete-missing';
}

/** The hold after one more batch; done, when there is none. */
async function takeBatch(deps: Deps, scope: Scope, hold: Approved): Promise<HoldDocument> {
  const { action } = hold;
  const at = deps.now().toISOString();
  if (action.done >= action.batches) return { ...hold, state: 'done', finishedAt: at, updatedAt: at };
  const key = {
    id: missingIdOf({ feed: action.feedIndex, fence: action.fence, batch: action.done }),
    partition: action.listedBy,
  };
  const listed = await deps.runs.missing.get(scope, key);
  if (listed === undefined) {
    const problem = 'What was to be deleted is no longer known: the run is too long ago.';
    return { ...hold, state: 'superseded', problem, finishedAt: at, updatedAt: at };
  }
  const deleted = await deleteRecords(
    deps,
    scope,
    {
      integrationId: hold.integrationId,
      linkIds: listed.document.linkIds,
      archives: action.archives,
      sighting: { executionId: hold.id, page: action.done, fence: action.fence },
      // The run's, so that whoever rolls that back takes these back, too.
      cause: { kind: 'hold', id: hold.executionId, holdId: hold.id, actorId: hold.decidedBy ?? scope.actor.id, at },
      matchRules: await freezeMatchRules(deps, scope, [action.shardTypeId]),
    },
    // A cancelled hold is noticed with the next batch; what another worker does is the same.
    async () => true,
  );
  const next = { ...action, done: action.done + 1, deleted: action.deleted + (deleted ?? 0) };
  return { ...hold, action: next, updatedAt: at };
}
