import { z } from 'zod';
import { conflictPolicy } from '../../contracts/conflict-policy.ts';

/** `{}` where nothing is there. Of a value too large to be kept, only what names it. */
const side = z.strictObject({
  value: z.json().optional(),
  tooLarge: z.strictObject({ print: z.string(), bytes: z.int() }).optional(),
});

/**
 * Where our value came from: a record of a source, a decision, a person's edit, or another write; `creation` is the run that made the shard. Where nothing is
 * known of the field itself, the last write of the shard stands for it.
 */
const origin = z.strictObject({
  from: z.enum(['source', 'decision', 'person', 'write', 'creation']),
  /** Link, conflict, request, or whatever else the write was. */
  id: z.string(),
  integrationId: z.string().optional(),
  actorId: z.string().optional(),
  at: z.string(),
});

const conflictField = z.strictObject({
  /** What the other side showed, and what we had, when both agreed. */
  externalBase: side,
  internalBase: side,
  ours: side,
  theirs: side,
  proposed: z.strictObject({
    value: side,
    take: z.enum(['ours', 'theirs', 'value']),
    by: z.enum(['merge', 'newest', 'most_complete']),
  }),
  origin,
  /** What the shard says of our value itself. */
  edit: z.strictObject({ at: z.string(), by: z.string() }).optional(),
  /** Over ours and theirs. */
  version: z.string(),
});

const choice = z.strictObject({ take: z.enum(['ours', 'theirs', 'value']), value: z.json().optional() });

const decision = z.strictObject({
  /** Counts the conflict's decisions; the shard's source names the one that was carried out. */
  number: z.int(),
  by: z.enum(['person', 'resolution', 'deadline']),
  actorId: z.string(),
  at: z.string(),
  fields: z.record(z.string(), choice),
  deletion: z.enum(['keep', 'delete']).optional(),
  /** The bulk resolution that it is part of. */
  resolutionId: z.string().optional(),
  /** It is to be the task's rule; `before` is the policy that each field had of its own. */
  rule: z.strictObject({ before: z.record(z.string(), conflictPolicy.nullable()) }).optional(),
  /** It was taken back. */
  undone: z.strictObject({ actorId: z.string(), at: z.string() }).optional(),
});

/**
 * What waits for a person in one source of a shard, container `reviews`: a projection of `held`, which is the truth, with what was decided.
 * `open` → `resolving` → `resolved`, or `expired` when the deadline decided; `settled` when it went away by itself; `undoing` leads back to `open`.
 * Whoever finds `resolving` or `undoing` completes it.
 */
export const conflictDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('conflict'),
  schemaVersion: z.literal(1),
  state: z.enum(['open', 'resolving', 'resolved', 'settled', 'expired', 'undoing']),
  about: z.enum(['fields', 'deletion']),
  integrationId: z.string(),
  object: z.string(),
  externalId: z.string(),
  linkId: z.string(),
  shardId: z.string(),
  shardTypeId: z.string(),
  /** The task that pushes there; its settings say what becomes of a conflict that waits. */
  taskId: z.string().optional(),
  /** As long as it is being decided or was, these are the values that were decided about. */
  fields: z.record(z.string(), conflictField),
  /** The record was deleted on one side and edited on the other. */
  deleted: z
    .strictObject({
      where: z.enum(['here', 'there']),
      /** The shard's own. */
      deletion: z.strictObject({ by: z.string(), at: z.string() }).optional(),
      live: z.array(z.string()),
    })
    .optional(),
  /** Of the record as it was last seen. */
  theirs: z.strictObject({ modifiedAt: z.string().optional(), version: z.number().optional() }),
  /** Over what is to be decided. */
  version: z.string(),
  /** Names integration, object, shard type and fields: what has it in common may be decided alike. */
  alike: z.string(),
  /** The fields' names, each between bars. */
  fieldNames: z.string(),
  /** `since` and id: what lists are ordered by. */
  position: z.string(),
  since: z.string(),
  /** Since when it waits: after an undo, again. */
  openedAt: z.string(),
  closedAt: z.string().optional(),
  reminders: z.int(),
  remindedAt: z.string().optional(),
  escalatedAt: z.string().optional(),
  /** How many decisions there were. */
  decisions: z.int(),
  decision: decision.optional(),
  /** Who takes the decision back. */
  undo: z.strictObject({ actorId: z.string(), at: z.string() }).optional(),
  /** What comes of this state has still to be told: event, clock and orchestration. */
  unannounced: z.literal(true).optional(),
  updatedAt: z.string(),
});

export type ConflictSide = z.infer<typeof side>;
export type ConflictOrigin = z.infer<typeof origin>;
export type ConflictField = z.infer<typeof conflictField>;
export type ConflictChoice = z.infer<typeof choice>;
export type DecisionDocument = z.infer<typeof decision>;
export type ConflictDocument = z.infer<typeof conflictDocument>;
