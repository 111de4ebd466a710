import { z } from 'zod';
import {
  deliveryId,
  erasureId,
  executionId,
  holdId,
  integrationId,
  replayId,
  taskId,
  tenantId,
} from '../contracts/identifiers.ts';

/** W3C trace context, version 00. */
export const traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'must be a W3C traceparent');

/**
 * Queue `sync-pages`: work on a run from its checkpoint, for one slice of pages. `messageId` names the lease holder while it is worked on, so
 * a repeated or redelivered message is recognised.
 */
export const syncPagesEnvelope = z.strictObject({
  kind: z.literal('sync-pages'),
  tenantId,
  traceparent,
  messageId: z.string().min(1).max(64),
  integrationId,
  taskId,
  executionId,
  /** When a message that was sent with a delay is due: until then it does not wait, whatever its age. Set by the queue. */
  dueAt: z.iso.datetime().optional(),
});

const job = { tenantId, traceparent, dueAt: z.iso.datetime().optional() };

/** Queue `jobs`: go on with something long that a person has asked for, from wherever its document says that it is. */
export const jobEnvelope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hold'), holdId, ...job }),
  z.strictObject({ kind: z.literal('erasure'), erasureId, ...job }),
]);

export type JobEnvelope = z.infer<typeof jobEnvelope>;
export type SyncPagesEnvelope = z.infer<typeof syncPagesEnvelope>;

/** Queue `push-changes`: write what an integration lacks. `messageId` names the holder of its lane. */
export const pushChangesEnvelope = z.strictObject({
  kind: z.literal('push-changes'),
  tenantId,
  traceparent,
  messageId: z.string().min(1).max(64),
  integrationId,
  /** As in `syncPagesEnvelope`. */
  dueAt: z.iso.datetime().optional(),
});

export type PushChangesEnvelope = z.infer<typeof pushChangesEnvelope>;

const dueAt = syncPagesEnvelope.shape.dueAt;

/** Queue `deliveries`: work on deliveries whose turn it is, or go on with a replay of many. */
export const deliveriesEnvelope = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('process-deliveries'),
    tenantId,
    traceparent,
    deliveryIds: z.array(deliveryId).min(1).max(100),
    dueAt,
  }),
  z.strictObject({ kind: z.literal('replay-deliveries'), tenantId, traceparent, replayId, dueAt }),
]);

export type DeliveriesEnvelope = z.infer<typeof deliveriesEnvelope>;
