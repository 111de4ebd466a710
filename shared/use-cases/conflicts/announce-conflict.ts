import type { EventData } from '../../contracts/event-schemas.ts';
import { type ConflictEnvelope, conflictChanged } from '../../core/conflict-envelope.ts';
import { readClock } from '../../core/conflicts/conflict-clock.ts';
import { isClosed } from '../../core/conflicts/conflict-states.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import { dueKey } from '../../core/due.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { recordEvent } from '../record-event.ts';
import type { ConflictNeeds } from './conflict-needs.ts';
import { settingsOf } from './conflict-settings.ts';
import { writeConflict } from './write-conflict.ts';

/** An orchestration that is late by so much is taken for lost. */
const graceMs = 600_000;

/** How long whoever decides a conflict may take until another one goes on with it. */
const decidesWithinMs = 60_000;

const mostFieldsTold = 50;

/**
 * Tells that a conflict has come up, or is over: as an event, to the clock, and to its orchestration. All of it can be told again.
 *
 * @returns the conflict, of which that is now noted; `undefined` when somebody else was first
 */
export async function announceConflict(
  deps: ConflictNeeds,
  scope: Scope,
  { document, etag }: Stored<ConflictDocument>,
): Promise<Stored<ConflictDocument> | undefined> {
  if (isClosed(document)) await tellEnd(deps, scope, document);
  else await tellBeginning(deps, scope, document);
  const { unannounced: _unannounced, ...told } = document;
  return writeConflict(deps, scope, told, etag);
}

async function tellBeginning(deps: ConflictNeeds, scope: Scope, conflict: ConflictDocument): Promise<void> {
  const { id: subject, openedAt: at } = conflict;
  await recordEvent(deps, scope, { type: 'conflict.detected', subject, at, data: tellable(conflict) });
  const { nextAt } = readClock(conflict, await settingsOf(deps, scope, conflict), deps.now().toISOString());
  await watchConflict(deps, scope, subject, nextAt);
  await deps.orchestrations.start('resolve-conflict', subject, envelopeOf(scope, subject));
}

async function tellEnd(deps: ConflictNeeds, scope: Scope, conflict: ConflictDocument): Promise<void> {
  const { id: subject, closedAt, updatedAt, state, decision } = conflict;
  if (state !== 'resolved' && state !== 'expired' && state !== 'settled') throw new TypeError(`${subject} is ${state}`);
  const data = { ...tellable(conflict), state, ...(decision === undefined ? {} : { by: decision.by }) };
  await recordEvent(deps, scope, { type: 'conflict.resolved', subject, at: closedAt ?? updatedAt, data });
  await deps.due.remove(dueKey('conflict', scope.tenantId, subject));
  await deps.orchestrations.tell(subject, conflictChanged);
}

export function envelopeOf({ tenantId, traceparent }: Scope, conflictId: string): ConflictEnvelope {
  return { tenantId, traceparent, conflictId };
}

/** Names, never values: whoever is told may not be allowed to see them. */
export function tellable(conflict: ConflictDocument): EventData<'conflict.detected'> {
  const { id: conflictId, integrationId, object, shardId, shardTypeId, about: kind } = conflict;
  const fields = Object.keys(conflict.fields).slice(0, mostFieldsTold);
  return { integrationId, conflictId, object, shardId, shardTypeId, kind, fields };
}

/** Has the clock look at a conflict some time after its orchestration should have. */
export async function watchConflict(
  deps: Pick<Deps, 'due'>,
  scope: Scope,
  conflictId: string,
  nextAt: string,
): Promise<void> {
  await putDue(deps, scope, conflictId, Date.parse(nextAt) + graceMs);
}

/** Has the clock go on with a decision, or an undo, that is about to be begun. */
export async function watchDecision(deps: Pick<Deps, 'due' | 'now'>, scope: Scope, conflictId: string): Promise<void> {
  await putDue(deps, scope, conflictId, deps.now().getTime() + decidesWithinMs);
}

async function putDue(deps: Pick<Deps, 'due'>, { tenantId }: Scope, conflictId: string, dueMs: number): Promise<void> {
  await deps.due.put({
    ...dueKey('conflict', tenantId, conflictId),
    schemaVersion: 1,
    kind: 'conflict',
    tenantId,
    conflictId,
    dueAt: new Date(dueMs).toISOString(),
  });
}
