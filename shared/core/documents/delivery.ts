import { z } from 'zod';
import { deliveryState } from '../../contracts/webhooks.ts';

/** The raw bytes of a body: in the document as text (`base64` where they are no UTF-8), or in a Blob when they are many. */
const deliveryBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('inline'),
    encoding: z.enum(['utf-8', 'base64']),
    content: z.string(),
    bytes: z.int(),
    sha256: z.string(),
  }),
  z.strictObject({ kind: z.literal('blob'), name: z.string(), bytes: z.int(), sha256: z.string() }),
]);

/** One try to process a delivery. */
const deliveryAttempt = z.strictObject({
  /** Counted over the delivery's whole life, from 1. */
  number: z.int(),
  startedAt: z.string(),
  endedAt: z.string(),
  outcome: z.enum(['processed', 'ignored', 'failed', 'dead']),
  reason: z.string().optional(),
});

/** What a delivery changed, or asked for. */
const deliveryResult = z.strictObject({
  /** Records by what became of them. */
  counts: z.record(z.string(), z.int()),
  /** The first of them. */
  changes: z.array(
    z.strictObject({
      object: z.string(),
      externalId: z.string(),
      shardTypeId: z.string(),
      linkId: z.string(),
      shardId: z.string().optional(),
      outcome: z.enum(['created', 'updated', 'unchanged', 'conflicted', 'skipped']),
    }),
  ),
  /** The first records that could not be taken, and why. */
  failures: z.array(
    z.strictObject({
      object: z.string().optional(),
      externalId: z.string().optional(),
      reason: z.string(),
      fields: z.array(z.string()).optional(),
    }),
  ),
  /** Of those that were skipped, records of people who were erased; absent for none. */
  suppressed: z.int().optional(),
  /** Incremental runs that were asked for. */
  pulls: z.array(z.strictObject({ taskId: z.string(), object: z.string() })),
});

/**
 * An inbound webhook request from arrival to outcome, container `deliveries`. It is created before the sender is answered, only after it was
 * verified; its id derives from what makes it the same delivery, so that a repeat finds it there. The change feed of the container wakes the
 * processing. `received` → `processing` → `processed` | `ignored` | `failed` (→ `processing` again) | `dead`.
 */
export const deliveryDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  provider: z.string(),
  /** Of its own for each delivery and sorting by arrival: what lists are ordered by. */
  arrival: z.string(),
  receivedAt: z.string(),
  state: deliveryState,
  request: z.strictObject({
    method: z.string(),
    /** By lower-case name; what proves the sender is masked. */
    headers: z.record(z.string(), z.string()),
    /** Without what is secret in it. */
    query: z.string().optional(),
    contentType: z.string().optional(),
    sourceAddress: z.string().optional(),
  }),
  body: deliveryBody,
  /** As the provider names what happened; absent where it does not. */
  eventId: z.string().optional(),
  eventType: z.string().optional(),
  /** The time that was signed with it, ISO 8601 UTC. */
  signedAt: z.string().optional(),
  /** What its id derives from. `replay`: from nothing, on purpose. */
  identity: z.enum(['event-id', 'content', 'none', 'replay']),
  verification: z.strictObject({
    /** Of `WebhookVerification`. */
    kind: z.string(),
    /** Which of the two live secrets it was. */
    secret: z.enum(['current', 'previous']).optional(),
    /** What was proved, in words. */
    detail: z.string(),
  }),
  /** What it is about, as far as it is known: deliveries that share one are processed in order. Lists filter by it. */
  recordKeys: z.array(z.string()),
  processing: z.strictObject({
    /** Tries begun so far. */
    attempts: z.int(),
    /** Moves forward whenever somebody takes the delivery: a stale worker's write is refused. */
    fence: z.int(),
    /** Until when whoever took it may work on it. */
    leaseUntil: z.string().optional(),
    /** When a failed one is tried again. */
    nextAttemptAt: z.string().optional(),
    /** The newest, oldest first. */
    history: z.array(deliveryAttempt),
    /** Why it failed, or was ignored, the last time. */
    reason: z.string().optional(),
    endedAt: z.string().optional(),
    /** When the try in progress began. */
    startedAt: z.string().optional(),
    /** Tries before it was last given new ones by a person. */
    triesBefore: z.int().optional(),
    /** Tries that ended because whoever made them was lost; absent for none. */
    losses: z.int().optional(),
    /** Links that a try in progress, or one that was cut short, may have touched. */
    announced: z.array(z.string()).optional(),
    /** What it changed. */
    result: deliveryResult.optional(),
  }),
  /** Where it comes from when it was delivered anew on purpose: `of` the delivery that was chosen, `root` the one that arrived. */
  replay: z
    .strictObject({
      of: z.string(),
      root: z.string(),
      /** When `root` arrived: what its payload shows is as old as that. */
      seenAt: z.string(),
      /** The request to replay, where it was about several. */
      replayId: z.string().optional(),
      actorId: z.string(),
      at: z.string(),
    })
    .optional(),
  traceparent: z.string(),
});

export type DeliveryResult = z.infer<typeof deliveryResult>;
export type DeliveryDocument = z.infer<typeof deliveryDocument>;
