import { z } from 'zod';

/**
 * Webhooks of an integration that were not taken, container `transient`: how many, why, and some of them. It is written by and by, with a cap, so that it
 * is what happened but for the last seconds; it holds nothing of a body and no value of a header.
 */
export const webhookRefusalsDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('webhook-refusals'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  /** Counts by day (UTC) and reason. */
  days: z.record(z.string(), z.record(z.string(), z.int())),
  /** Samples, the newest first. */
  recent: z.array(
    z.strictObject({
      at: z.string(),
      reason: z.string(),
      method: z.enum(['GET', 'POST']),
      /** Of the caller, as the trusted front end says. */
      sourceAddress: z.string().optional(),
      /** Names of the headers that came. */
      headers: z.array(z.string()),
      /** Size of the body. */
      bytes: z.int(),
    }),
  ),
  updatedAt: z.string(),
  ttl: z.int(),
});

export type WebhookRefusalsDocument = z.infer<typeof webhookRefusalsDocument>;

/** An integration has one. */
export function refusalsIdOf(integrationId: string): string {
  return `refusals-${integrationId}`;
}
