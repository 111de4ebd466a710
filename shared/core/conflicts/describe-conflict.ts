import type { z } from 'zod';
import type { conflictResolution, conflict as contract } from '../../contracts/conflicts.ts';
import { definedOnly } from '../defined-only.ts';
import type { ConflictDocument, ConflictField, ConflictSide, DecisionDocument } from '../documents/conflict.ts';
import type { ConflictResolutionDocument } from '../documents/conflict-resolution.ts';

type Shown = z.input<typeof contract>;

/** A conflict as the API shows it. */
export function describeConflict(conflict: ConflictDocument): Shown {
  const { about, fields, deleted, closedAt, remindedAt, escalatedAt, decision } = conflict;
  return {
    id: conflict.id,
    state: conflict.state,
    kind: about,
    integrationId: conflict.integrationId,
    object: conflict.object,
    externalId: conflict.externalId,
    shardId: conflict.shardId,
    shardTypeId: conflict.shardTypeId,
    fields: Object.entries(fields).map(([field, each]) => describeField(conflict, field, each)),
    since: conflict.since,
    openedAt: conflict.openedAt,
    reminders: conflict.reminders,
    ...definedOnly({ taskId: conflict.taskId, deletedWhere: deleted?.where, closedAt, remindedAt, escalatedAt }),
    ...(decision === undefined ? {} : { decision: describeDecision(decision) }),
    updatedAt: conflict.updatedAt,
  };
}

/** Names a conflict as somebody sees it: other values, another state and another decision are another version; a reminder is none. */
export function versionOf({ version, state, decisions }: ConflictDocument): string {
  return `${version}.${decisions}.${state}`;
}

function describeField(
  { integrationId, theirs }: ConflictDocument,
  field: string,
  each: ConflictField,
): Shown['fields'][number] {
  const { from, id, actorId, at } = each.origin;
  return {
    field,
    base: describeSide(each.internalBase),
    baseThere: describeSide(each.externalBase),
    ours: describeSide(each.ours),
    theirs: describeSide(each.theirs),
    proposed: { take: each.proposed.take, by: each.proposed.by, ...describeSide(each.proposed.value) },
    version: each.version,
    provenance: {
      ours: { from, id, at, ...definedOnly({ integrationId: each.origin.integrationId, actor: actorId }) },
      theirs: { integrationId, ...theirs },
    },
  };
}

function describeSide({ value, tooLarge }: ConflictSide): { value?: unknown; tooLargeBytes?: number } {
  if (tooLarge !== undefined) return { tooLargeBytes: tooLarge.bytes };
  return value === undefined ? {} : { value };
}

function describeDecision({ by, actorId, at, fields, rule, undone, ...rest }: DecisionDocument): Shown['decision'] {
  return {
    by,
    actor: actorId,
    at,
    fields: Object.entries(fields).map(([field, choice]) => ({ field, ...choice })),
    ...definedOnly({ deletion: rest.deletion, resolutionId: rest.resolutionId }),
    rule: rule !== undefined,
    ...(undone === undefined ? {} : { undone: { actor: undone.actorId, at: undone.at } }),
  };
}

/** A bulk resolution as the API shows it. */
export function describeResolution(document: ConflictResolutionDocument): z.input<typeof conflictResolution> {
  const { id, state, resolved, left, reasons, actor, createdAt, updatedAt, finishedAt } = document;
  return { id, state, resolved, left, reasons, actor: actor.id, createdAt, updatedAt, ...definedOnly({ finishedAt }) };
}
