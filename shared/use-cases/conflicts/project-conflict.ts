import { sameValue } from '../../core/canonical.ts';
import { isClosed, noteConflict, refresh, reopen, settle } from '../../core/conflicts/conflict-states.ts';
import { type Hold, readHold } from '../../core/conflicts/read-hold.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import type { Json } from '../../core/json.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { announceConflict } from './announce-conflict.ts';
import { completeDecision } from './complete-decision.ts';
import { completeUndo } from './complete-undo.ts';
import { type ConflictNeeds, type Routes, routesOf } from './conflict-needs.ts';
import { findHeldShard } from './find-held-shard.ts';
import { writeConflict } from './write-conflict.ts';

/** A conflict, and where it was seen, should nobody have noted it yet. */
export interface ConflictPlace {
  readonly id: string;
  readonly at?: { readonly shardId: string; readonly linkId: string } | undefined;
}

/**
 * Makes a conflict's document say what its shard holds: notes it, carries it on, completes what was begun of it, and tells what has not been told yet. Any
 * number of workers may do so at once. The document is read before the shard, and written only as it was read: what an older state of the shard says is
 * never written over what a newer one did.
 *
 * @returns the conflict as it is now; `undefined` where there is none
 */
export async function projectConflict(
  deps: ConflictNeeds,
  scope: Scope,
  place: ConflictPlace,
  routes: Routes = routesOf(deps, scope),
): Promise<Stored<ConflictDocument> | undefined> {
  for (;;) {
    const stored = await deps.conflicts.get(scope, { id: place.id });
    const seen =
      stored === undefined ? await note(deps, scope, place, routes) : await carryOn(deps, scope, stored, routes);
    if (seen === 'none') return undefined;
    if (seen === undefined) continue;
    if (seen.document.unannounced !== true) return seen;
    const announced = await announceConflict(deps, scope, seen);
    if (announced !== undefined) return announced;
  }
}

/** `undefined` when somebody else has noted it. */
async function note(
  deps: ConflictNeeds,
  scope: Scope,
  { id, at }: ConflictPlace,
  routes: Routes,
): Promise<Stored<ConflictDocument> | 'none' | undefined> {
  if (at === undefined) return 'none';
  const { linkId } = at;
  const now = deps.now().toISOString();
  const shard = await findHeldShard(deps, scope, at);
  const hold = readHold(shard?.document, { id, linkId }, now);
  if (hold === undefined) return 'none';
  const document = noteConflict({ id, tenantId: scope.tenantId, linkId }, hold, await taskIdOf(hold, routes), now);
  const result = await deps.conflicts.write(scope, { kind: 'create', document });
  return result.ok ? { document, etag: result.etag } : undefined;
}

/** `undefined` when it has to be looked at again. */
async function carryOn(
  deps: ConflictNeeds,
  scope: Scope,
  stored: Stored<ConflictDocument>,
  routes: Routes,
): Promise<Stored<ConflictDocument> | undefined> {
  const { document, etag } = stored;
  if (document.state === 'resolving') return completeDecision(deps, scope, stored, routes);
  if (document.state === 'undoing') return completeUndo(deps, scope, stored, routes);
  const now = deps.now().toISOString();
  const shard = await findHeldShard(deps, scope, document);
  const hold = readHold(shard?.document, document, now);
  if (hold === undefined) return isClosed(document) ? stored : writeConflict(deps, scope, settle(document, now), etag);
  const known = withTask(document, await taskIdOf(hold, routes));
  if (isClosed(document)) return writeConflict(deps, scope, reopen(known, hold, now), etag);
  const same = refresh(known, hold, document.updatedAt);
  if (sameValue(same as unknown as Json, document as unknown as Json)) return stored;
  return writeConflict(deps, scope, refresh(known, hold, now), etag);
}

/** The task that pushes there now: what it says holds, and a rule is one of it. */
function withTask({ taskId: _taskId, ...conflict }: ConflictDocument, taskId: string | undefined): ConflictDocument {
  return taskId === undefined ? conflict : { ...conflict, taskId };
}

async function taskIdOf({ integrationId, object, shardTypeId }: Hold, routes: Routes): Promise<string | undefined> {
  const route = (await routes()).find(
    (each) => each.integrationId === integrationId && each.object === object && each.shardTypeId === shardTypeId,
  );
  return route?.taskId;
}
