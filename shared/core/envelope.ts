import { z } from 'zod';
import { executionId, integrationId, taskId, tenantId } from '../contracts/identifiers.ts';

/** W3C trace context, version 00. */
export const traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'must be a W3C traceparent');

/** Queue `sync-pages`: work on the next slice of pages of a run. `messageId` is the lease holder's name while it is worked on. */
export const syncPagesEnvelope = z.strictObject({
  kind: z.literal('sync-pages'),
  tenantId,
  traceparent,
  messageId: z.string().min(1).max(64),
  integrationId,
  taskId,
  executionId,
  slice: z.int().min(0),
});

export type SyncPagesEnvelope = z.infer<typeof syncPagesEnvelope>;
