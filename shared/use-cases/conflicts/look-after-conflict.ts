import type { ConflictEnvelope, ConflictStep } from '../../core/conflict-envelope.ts';
import { type ConflictClock, readClock } from '../../core/conflicts/conflict-clock.ts';
import { isClosed } from '../../core/conflicts/conflict-states.ts';
import { deadlineDecision } from '../../core/conflicts/plan-decision.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import { dueKey } from '../../core/due.ts';
import type { Stored } from '../../core/ports.ts';
import { type Scope, systemScope } from '../../core/scope.ts';
import { recordEvent } from '../record-event.ts';
import { tellable, watchConflict } from './announce-conflict.ts';
import { carryOutDecision } from './carry-out-decision.ts';
import { type ConflictNeeds, routesOf } from './conflict-needs.ts';
import { settingsOf } from './conflict-settings.ts';
import { projectConflict } from './project-conflict.ts';
import { writeConflict } from './write-conflict.ts';

/** Settings may change meanwhile: nobody waits longer without a look at them. */
const longestWaitMs = 86_400_000;

/**
 * Does what is due of a conflict that waits for a person: a reminder, an escalation, or the decision of its deadline. Everything is read anew, and may be
 * repeated by any number of workers.
 *
 * @returns when to look again; not at all when the conflict is over
 */
export async function lookAfterConflict(deps: ConflictNeeds, envelope: ConflictEnvelope): Promise<ConflictStep> {
  const { tenantId, traceparent, conflictId } = envelope;
  const scope = systemScope(tenantId, 'conflicts', traceparent);
  const routes = routesOf(deps, scope);
  for (;;) {
    const stored = await projectConflict(deps, scope, { id: conflictId }, routes);
    if (stored === undefined || isClosed(stored.document)) {
      await deps.due.remove(dueKey('conflict', tenantId, conflictId));
      return { goesOn: false, delayMs: 0, status: { state: stored?.document.state ?? 'gone' } };
    }
    const now = deps.now();
    const settings = await settingsOf(deps, scope, stored.document);
    const clock = readClock(stored.document, settings, now.toISOString());
    if (clock.isExpired) {
      const decision = deadlineDecision(stored.document, settings.onDeadline, now.toISOString());
      await carryOutDecision(deps, scope, stored, decision, routes);
      continue;
    }
    if (!(await remind(deps, scope, stored, clock, now.toISOString()))) continue;
    const delayMs = Math.min(Date.parse(clock.nextAt) - now.getTime(), longestWaitMs);
    await watchConflict(deps, scope, conflictId, new Date(now.getTime() + delayMs).toISOString());
    return { goesOn: true, delayMs, status: { state: stored.document.state, nextAt: clock.nextAt } };
  }
}

/** The events first: what is noted as told was told. False when the conflict has changed meanwhile. */
async function remind(
  deps: ConflictNeeds,
  scope: Scope,
  { document, etag }: Stored<ConflictDocument>,
  { reminder, escalation, deadlineAt }: ConflictClock,
  now: string,
): Promise<boolean> {
  if (reminder === undefined && escalation === undefined) return true;
  const { id: subject, openedAt } = document;
  const data = { ...tellable(document), openedAt, ...(deadlineAt === undefined ? {} : { deadlineAt }) };
  if (reminder !== undefined) {
    const { number, at } = reminder;
    await recordEvent(deps, scope, { type: 'conflict.reminder', subject, at, data: { ...data, number } });
  }
  if (escalation !== undefined) {
    await recordEvent(deps, scope, { type: 'conflict.escalated', subject, at: escalation, data });
  }
  const told: ConflictDocument = {
    ...document,
    ...(reminder === undefined ? {} : { reminders: reminder.number, remindedAt: now }),
    ...(escalation === undefined ? {} : { escalatedAt: now }),
    updatedAt: now,
  };
  return (await writeConflict(deps, scope, told, etag)) !== undefined;
}
