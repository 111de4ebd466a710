import type { undoConflict as route } from '../../contracts/conflicts.ts';
import { AppError } from '../../core/app-error.ts';
import { describeConflict, versionOf } from '../../core/conflicts/describe-conflict.ts';
import { takenDecisionOf, unkeptFields } from '../../core/conflicts/taken-decision.ts';
import type { ConflictDocument, DecisionDocument } from '../../core/documents/conflict.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { undoDecision } from '../../core/two-way/undo-decision.ts';
import { recordAudit } from '../record-audit.ts';
import { watchDecision } from './announce-conflict.ts';
import { causeOf } from './complete-decision.ts';
import { type ConflictNeeds, type Routes, routesOf } from './conflict-needs.ts';
import { findConflictNow } from './find-conflict.ts';
import { findHeldShard } from './find-held-shard.ts';
import { projectConflict } from './project-conflict.ts';
import { writeConflict } from './write-conflict.ts';

/**
 * Takes a decision back, where nothing has gone on from it. Throws `not-found`, `wrong-state` when the conflict is not decided, and `cannot-undo` naming the
 * fields that have been changed since.
 */
export async function undoConflict(
  deps: ConflictNeeds,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const routes = routesOf(deps, scope);
  for (;;) {
    const { document: conflict, etag } = await findConflictNow(deps, scope, params.conflictId, routes);
    const undo = { actorId: scope.actor.id, at: attempt.at.toISOString() };
    const { decision } = conflict;
    if (conflict.state === 'open' && attempt.repeated && isUndoneBy(decision, undo)) return answer(conflict);
    if (decision === undefined || (conflict.state !== 'resolved' && conflict.state !== 'expired')) {
      throw new AppError('wrong-state', { detail: `The conflict is ${conflict.state}.` });
    }
    await requireUndoable(deps, scope, conflict, decision, routes);
    await watchDecision(deps, scope, conflict.id);
    const begun: ConflictDocument = { ...conflict, state: 'undoing', undo, updatedAt: undo.at };
    if ((await writeConflict(deps, scope, begun, etag)) === undefined) continue;
    const undone = await projectConflict(deps, scope, { id: conflict.id }, routes);
    // Something has gone on from the decision after all: the next look says what.
    if (undone === undefined || !isUndoneBy(undone.document.decision, undo)) continue;
    await recordAudit(deps, scope, { action: 'conflict.undone', subject: conflict.id });
    return answer(undone.document);
  }
}

function answer(conflict: ConflictDocument): OutputOf<typeof route> {
  return { body: describeConflict(conflict), etag: versionOf(conflict) };
}

function isUndoneBy(decision: DecisionDocument | undefined, undo: { actorId: string; at: string }): boolean {
  return decision?.undone?.actorId === undo.actorId && decision.undone.at === undo.at;
}

async function requireUndoable(
  deps: ConflictNeeds,
  scope: Scope,
  conflict: ConflictDocument,
  decision: DecisionDocument,
  routes: Routes,
): Promise<void> {
  const unkept = unkeptFields(conflict);
  if (unkept.length > 0) throw refuse('Its values were too large to be kept.', unkept, 'was too large to be kept');
  const shard = await findHeldShard(deps, scope, conflict);
  if (shard === undefined) throw refuse('The record has left the shard since.', []);
  const cause = causeOf(conflict, scope.actor.id, deps.now().toISOString());
  const taken = takenDecisionOf(conflict, decision);
  const undo = undoDecision(shard.document, conflict.linkId, taken, await routes(), cause);
  if (undo.kind === 'refused') throw refuse(undo.reason, undo.fields, 'has been changed since');
}

/** A field stands for itself: the request names none. */
function refuse(detail: string, fields: readonly string[], message = ''): AppError {
  const errors = fields.map((field) => ({ in: 'path' as const, field, message }));
  return new AppError('cannot-undo', { detail, ...(errors.length === 0 ? {} : { errors }) });
}
