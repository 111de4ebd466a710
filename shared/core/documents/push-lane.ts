import { z } from 'zod';

/** One write at the provider, written down before it is sent: whoever finds it there does not know whether it was taken. */
export const pushIntent = z.strictObject({
  shardId: z.string(),
  shardTypeId: z.string(),
  /** The route's object. */
  object: z.string(),
  kind: z.enum(['create', 'update', 'delete']),
  /** Over what is pushed, so that a refusal is remembered for that. */
  print: z.string(),
  /** Of the record that is there. */
  linkId: z.string().optional(),
  externalId: z.string().optional(),
  /** Of a create: the same for every attempt at it. */
  idempotencyKey: z.string().optional(),
  /** The shard's values that are written, and their dotted paths. */
  data: z.record(z.string(), z.json()),
  fields: z.array(z.string()),
  /** What is sent, in the provider's terms: a record, or what differs of it. */
  body: z.record(z.string(), z.json()),
  /** The last look at the record when the write was decided on: what is seen of the write is later, whatever the clocks say. */
  observed: z.strictObject({ fence: z.int(), page: z.int() }).optional(),
  expected: z.strictObject({ revision: z.string().optional(), modifiedAt: z.string().optional() }).optional(),
});

/** What a lane has done since it was made. */
const totals = z.strictObject({
  created: z.int(),
  updated: z.int(),
  deleted: z.int(),
  rejected: z.int(),
  /** Records that had moved on at the provider. */
  conflicts: z.int(),
});

/**
 * The one road by which an integration's records are written, container `leases`. Who holds it writes; every change is conditional on the ETag. What is
 * to be written is not here but in the shards.
 */
export const pushLaneDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('push-lane'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  /** The message that works on it. */
  holder: z.string().optional(),
  /** How often it was taken: a message that is delivered once more takes it from whoever still works on the first delivery. */
  claim: z.int().default(0),
  expiresAt: z.string(),
  /** Someone came while it was held: there may be more to do. */
  wanted: z.literal(true).optional(),
  /** Shards that are still to be looked at, for whatever they lack: by type, from where. */
  scan: z.strictObject({ shardTypeIds: z.array(z.string()), afterId: z.string().optional() }).optional(),
  /** What is being written. */
  batch: z
    .strictObject({
      id: z.string(),
      sentAtMs: z.number(),
      /** Since when nothing of it is on its way any more, as far as anybody knows. */
      endedAtMs: z.number().optional(),
      intents: z.array(pushIntent),
    })
    .optional(),
  /** Failures of the provider in a row. */
  attempt: z.int(),
  waitingUntil: z.string().optional(),
  problem: z.string().optional(),
  totals,
  lastPushedAt: z.string().optional(),
  updatedAt: z.string(),
});

export type PushIntent = z.infer<typeof pushIntent>;
export type PushLaneDocument = z.infer<typeof pushLaneDocument>;

export function pushLaneId(integrationId: string): string {
  return `push.${integrationId}`;
}
