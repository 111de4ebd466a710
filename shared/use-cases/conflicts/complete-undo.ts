import { dropUndo, reopenUndone, settle } from '../../core/conflicts/conflict-states.ts';
import { readHold } from '../../core/conflicts/read-hold.ts';
import { takenDecisionOf } from '../../core/conflicts/taken-decision.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { undoDecision } from '../../core/two-way/undo-decision.ts';
import { putShard } from '../put-shards.ts';
import { causeOf } from './complete-decision.ts';
import type { ConflictNeeds, Routes } from './conflict-needs.ts';
import { findHeldShard } from './find-held-shard.ts';
import { keepRule, unmakeRule } from './make-rule.ts';
import { writeConflict } from './write-conflict.ts';

/**
 * Carries out the undo that a conflict names: the rule first, so that it does not decide again, then the shard, then the conflict. Where something has gone on
 * from the decision meanwhile, the decision stands.
 *
 * @returns the conflict as it is then; `undefined` when somebody else was first
 */
export async function completeUndo(
  deps: ConflictNeeds,
  scope: Scope,
  { document: conflict, etag }: Stored<ConflictDocument>,
  routes: Routes,
): Promise<Stored<ConflictDocument> | undefined> {
  const { decision, undo } = conflict;
  if (decision === undefined || undo === undefined) throw new Error(`The undo of ${conflict.id} has no decision`);
  const taken = takenDecisionOf(conflict, decision);
  await unmakeRule(deps, scope, conflict, decision);
  for (;;) {
    const stored = await findHeldShard(deps, scope, conflict);
    const now = deps.now().toISOString();
    let shard = stored?.document;
    const decided = shard?.sources[conflict.linkId]?.decided;
    if (stored !== undefined && decided?.conflictId === conflict.id && decided.number === decision.number) {
      const cause = causeOf(conflict, undo.actorId, undo.at);
      const undone = undoDecision(stored.document, conflict.linkId, taken, await routes(), cause);
      if (undone.kind === 'refused') {
        await keepRule(deps, scope, conflict, decision);
        return writeConflict(deps, scope, dropUndo(conflict, now), etag);
      }
      if (!(await putShard(deps, scope, { before: stored, document: undone.document })).ok) continue;
      shard = undone.document;
    }
    const hold = readHold(shard, conflict, now);
    return writeConflict(
      deps,
      scope,
      hold === undefined ? settle(conflict, now) : reopenUndone(conflict, hold, now),
      etag,
    );
  }
}
