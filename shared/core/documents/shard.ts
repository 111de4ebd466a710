import { z } from 'zod';
import { cause } from './cause.ts';
import { lastOutcome } from './link.ts';

/** A value that may be absent, by the dotted path of its field. */
const valuesByPath = z.record(z.string(), z.strictObject({ value: z.json().optional() }));

/** Where a source and the shard last agreed on a field that is held for a person to decide. */
const heldField = z.strictObject({
  externalBase: z.json().optional(),
  internalBase: z.json().optional(),
  /** What the other side showed, where a decision is taken back that may have been written there. */
  theirs: z.strictObject({ value: z.json().optional() }).optional(),
});

/** What waits for a person: while a field is held, it is neither taken from the source nor pushed to it. */
const held = z.strictObject({
  conflictId: z.string(),
  since: z.string(),
  fields: z.record(z.string(), heldField),
  /** The record was deleted on one side and edited on the other. */
  deletion: z.enum(['here', 'there']).optional(),
});

/** One side that feeds a shard, with the base: what both sides last agreed on. Keyed by link id. */
export const shardSource = z.strictObject({
  integrationId: z.string(),
  object: z.string(),
  externalId: z.string(),
  /** The converted fields as this source last showed them. */
  externalBase: z.record(z.string(), z.json()),
  /** What the shard had when both agreed, where the provider writes the value its own way. */
  internalBase: valuesByPath.optional(),
  /** Empty fields and no deletion: what was held has settled itself. */
  held: held.optional(),
  /** The last decision about a conflict with this source that was carried out: of a conflict's decisions, which one. */
  decided: z.strictObject({ conflictId: z.string(), number: z.int() }).optional(),
  /** It was deleted there, and is to be created anew. */
  recreate: z.literal(true).optional(),
  /** When the last push had ended: a look that began before says nothing, unless by its version. */
  pushedAtMs: z.number().optional(),
  externalVersion: z.number().optional(),
  /** The provider's name of this state of the record, for conditional writes. */
  externalRevision: z.string().optional(),
  /** The provider's time of modification, by which the newest of several sources is told. */
  modifiedAt: z.string().optional(),
  observed: z.strictObject({ fence: z.int(), page: z.int() }),
  deleted: z.boolean(),
  /** It is gone there, and the task that saw so keeps such shards as archived. */
  archived: z.literal(true).optional(),
  last: lastOutcome,
  /** `cause.id` of the write that brought the record to the shard; with words before it where that was supposed, or where a create met the record. */
  addedIn: z.string().optional(),
});

/** `held`: only a person can say whether the provider has it. */
const pushState = z.enum(['pending', 'failed', 'held']);

const pushProblem = z.strictObject({
  state: z.enum(['failed', 'held']),
  /** Over what was to be pushed. */
  print: z.string(),
  reason: z.string(),
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
  /** Of a held create: the shard's values that were sent, and their dotted paths, unless they are too large to be kept once more. */
  sent: z.strictObject({ data: z.record(z.string(), z.json()), fields: z.array(z.string()) }).optional(),
  at: z.string(),
});

/**
 * An internal record, container `shards`. One that was merged into another stays as an empty tombstone: `merged`, it forwards to a shard with a
 * smaller id, so that forwarding ends.
 */
export const shardDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  status: z.enum(['active', 'deleted', 'archived', 'merged']),
  /** Moves forward exactly when `data` or `status` change. */
  revision: z.int(),
  /** What made it the revision that it is; absent in shards that were written before causes were kept. */
  cause: cause.optional(),
  /** `cause.id` of the write that created it: an execution, where a run did. */
  createdIn: z.string().optional(),
  data: z.record(z.string(), z.json()),
  /** Lower-cased text of the shard for the list's text filter. */
  text: z.string(),
  sources: z.record(z.string(), shardSource),
  /** By integration: something of the shard is still to be written there, or could not be; and what `hiddenHeldMark` names. What is up to date is not listed. */
  push: z.record(z.string(), pushState).optional(),
  /** By route: why the last push was not taken. It stands as long as the same would be pushed. */
  pushProblems: z.record(z.string(), pushProblem).optional(),
  /** By dotted path: since when the value stands and where it came from, where it has changed since the shard was created. */
  edits: z.record(z.string(), z.strictObject({ at: z.string(), by: z.string() })).optional(),
  /** It was deleted here, or where the link leads, and the deletion holds for all. */
  deletion: z.strictObject({ by: z.string(), at: z.string() }).optional(),
  mergedInto: z.string().optional(),
  /** The merge that made this a tombstone, and its image before; absent when there was nothing in it to be taken over. */
  buried: z.strictObject({ mergeId: z.string(), imageId: z.string() }).optional(),
  /** Tombstones whose sources are here: by which shard they were taken over, and the image of that one before. */
  absorbed: z.array(z.strictObject({ shardId: z.string(), by: z.string(), imageId: z.string() })).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type HeldFields = z.infer<typeof held>;
export type PushState = z.infer<typeof pushState>;
export type PushProblem = z.infer<typeof pushProblem>;
export type ShardSource = z.infer<typeof shardSource>;
export type ShardDocument = z.infer<typeof shardDocument>;
