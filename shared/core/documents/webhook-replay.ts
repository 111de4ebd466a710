import { z } from 'zod';
import { deliveryState } from '../../contracts/webhooks.ts';

/**
 * A request to have deliveries done again, container `transient`: `replay` delivers each of them anew, `redrive` gives those that failed new tries. It is
 * worked on by messages, from `position` on, and may be cancelled at any time.
 */
export const webhookReplayDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('webhook-replay'),
  schemaVersion: z.literal(1),
  action: z.enum(['replay', 'redrive']),
  state: z.enum(['running', 'cancelled', 'done']),
  selection: z.discriminatedUnion('by', [
    z.strictObject({ by: z.literal('ids'), deliveryIds: z.array(z.string()) }),
    z.strictObject({
      by: z.literal('range'),
      integrationId: z.string().optional(),
      states: z.array(deliveryState).optional(),
      /** Arrivals from this one on, … */
      from: z.string(),
      /** … and before this one; what arrives later, its own deliveries among it, is not meant. */
      before: z.string(),
    }),
  ]),
  /** The arrival of the last delivery that was done, or how many of `deliveryIds` are. */
  position: z.string().optional(),
  counts: z.strictObject({
    /** Looked at. */
    seen: z.int(),
    /** Delivered anew, or given new tries. */
    done: z.int(),
    /** No longer there, or not in a state for it. */
    skipped: z.int(),
  }),
  actorId: z.string(),
  traceparent: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
  ttl: z.int(),
});

export type WebhookReplayDocument = z.infer<typeof webhookReplayDocument>;
