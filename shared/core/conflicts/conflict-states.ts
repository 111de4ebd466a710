import type { ConflictDocument, DecisionDocument } from '../documents/conflict.ts';
import type { Hold } from './read-hold.ts';

/** A conflict that nobody has noted yet. */
export function noteConflict(
  key: Pick<ConflictDocument, 'id' | 'tenantId' | 'linkId'>,
  hold: Hold,
  taskId: string | undefined,
  now: string,
): ConflictDocument {
  return {
    ...key,
    kind: 'conflict',
    schemaVersion: 1,
    state: 'open',
    ...hold,
    ...(taskId === undefined ? {} : { taskId }),
    position: `${hold.since} ${key.id}`,
    openedAt: hold.since,
    reminders: 0,
    decisions: 0,
    unannounced: true,
    updatedAt: now,
  };
}

/** The conflict as the shard shows it now. */
export function refresh(conflict: ConflictDocument, hold: Hold, now: string): ConflictDocument {
  const { deleted: _deleted, ...rest } = conflict;
  // The place in lists stays, whatever is held now.
  return { ...rest, ...hold, since: conflict.since, updatedAt: now };
}

/** It waits for people, again: from now on anew. */
export function reopen(conflict: ConflictDocument, hold: Hold, now: string): ConflictDocument {
  const { closedAt: _closedAt, undo: _undo, remindedAt: _reminded, escalatedAt: _escalated, ...rest } = conflict;
  return { ...refresh(rest, hold, now), state: 'open', openedAt: now, reminders: 0, unannounced: true };
}

/** What was decided does not fit what is there any more: it waits as it did before. */
export function dropDecision(conflict: ConflictDocument, hold: Hold, now: string): ConflictDocument {
  const { decision: _decision, ...rest } = refresh(conflict, hold, now);
  return { ...rest, state: 'open', unannounced: true };
}

/** Nobody has to decide any more. */
export function settle(conflict: ConflictDocument, now: string): ConflictDocument {
  const { decision, undo: _undo, ...rest } = conflict;
  // A decision that was not carried out is none.
  const kept = conflict.state === 'undoing' && decision !== undefined ? { decision } : {};
  return { ...rest, ...kept, state: 'settled', closedAt: now, unannounced: true, updatedAt: now };
}

export function beginDecision(conflict: ConflictDocument, decision: DecisionDocument): ConflictDocument {
  return { ...conflict, state: 'resolving', decisions: decision.number, decision, updatedAt: decision.at };
}

/** The decision has been carried out. */
export function close(conflict: ConflictDocument, decision: DecisionDocument, now: string): ConflictDocument {
  const state = decision.by === 'deadline' ? 'expired' : 'resolved';
  return { ...conflict, state, closedAt: decision.at, unannounced: true, updatedAt: now };
}

/** The undo cannot be carried out. */
export function dropUndo(conflict: ConflictDocument, now: string): ConflictDocument {
  const { undo: _undo, ...rest } = conflict;
  return { ...rest, state: conflict.decision?.by === 'deadline' ? 'expired' : 'resolved', updatedAt: now };
}

/** The undo has been carried out. */
export function reopenUndone(conflict: ConflictDocument, hold: Hold, now: string): ConflictDocument {
  const { undo, decision } = conflict;
  const undone = undo === undefined ? {} : { undone: undo };
  return {
    ...reopen(conflict, hold, now),
    ...(decision === undefined ? {} : { decision: { ...decision, ...undone } }),
  };
}

export function isClosed({ state }: Pick<ConflictDocument, 'state'>): boolean {
  return state === 'resolved' || state === 'expired' || state === 'settled';
}
