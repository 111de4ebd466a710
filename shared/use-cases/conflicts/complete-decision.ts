import { close, dropDecision, reopen, settle } from '../../core/conflicts/conflict-states.ts';
import { readHold } from '../../core/conflicts/read-hold.ts';
import { decisionOf } from '../../core/conflicts/taken-decision.ts';
import type { Cause } from '../../core/documents/cause.ts';
import type { ConflictDocument, DecisionDocument } from '../../core/documents/conflict.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { decideConflict } from '../../core/two-way/decide-conflict.ts';
import { putShard } from '../put-shards.ts';
import type { ConflictNeeds, Routes } from './conflict-needs.ts';
import { findHeldShard } from './find-held-shard.ts';
import { makeRule } from './make-rule.ts';
import { writeConflict } from './write-conflict.ts';

/**
 * Carries out the decision that a conflict names: the shard first, in one write that also says that it was this decision, then the rule, then the conflict.
 * What is there no longer as it was decided about is not touched, and the conflict waits again.
 *
 * @returns the conflict as it is then; `undefined` when somebody else was first
 */
export async function completeDecision(
  deps: ConflictNeeds,
  scope: Scope,
  { document: conflict, etag }: Stored<ConflictDocument>,
  routes: Routes,
): Promise<Stored<ConflictDocument> | undefined> {
  const { decision } = conflict;
  if (decision === undefined) throw new Error(`The conflict ${conflict.id} is being resolved without a decision`);
  for (;;) {
    const stored = await findHeldShard(deps, scope, conflict);
    const now = deps.now().toISOString();
    let shard = stored?.document;
    if (!isCarriedOut(shard, conflict, decision)) {
      const hold = readHold(shard, conflict, now);
      if (stored === undefined || hold === undefined) return writeConflict(deps, scope, settle(conflict, now), etag);
      if (hold.version !== conflict.version) {
        return writeConflict(deps, scope, dropDecision(conflict, hold, now), etag);
      }
      shard = decideConflict(
        stored.document,
        conflict.linkId,
        decisionOf(conflict, decision),
        await routes(),
        causeOf(conflict, decision.actorId, decision.at),
      );
      if (!(await putShard(deps, scope, { before: stored, document: shard })).ok) continue;
    }
    await makeRule(deps, scope, conflict, decision);
    const rest = readHold(shard, conflict, now);
    const closed = close(conflict, decision, now);
    return writeConflict(deps, scope, rest === undefined ? closed : reopen(closed, rest, now), etag);
  }
}

function isCarriedOut(
  shard: ShardDocument | undefined,
  { id, linkId }: ConflictDocument,
  { number }: DecisionDocument,
): boolean {
  const decided = shard?.sources[linkId]?.decided;
  return decided?.conflictId === id && decided.number === number;
}

export function causeOf({ id, linkId }: ConflictDocument, actorId: string, at: string): Cause {
  return { kind: 'conflict', id, actorId, linkId, at };
}
