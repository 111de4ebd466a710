import { z } from 'zod';

/**
 * Who may work on something right now, container `leases`. `fence` moves forward with every new holder; what a holder of a lower
 * fence writes is refused by the documents that carry the fence.
 */
export const leaseDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  /** The execution that occupies the task; absent when the task is free. */
  executionId: z.string().optional(),
  /** The message that works for it; absent between messages. */
  holder: z.string().optional(),
  fence: z.int(),
  expiresAt: z.string(),
});

export type LeaseDocument = z.infer<typeof leaseDocument>;
