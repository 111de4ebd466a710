import { z } from 'zod';

/**
 * Who may work on a task right now, container `leases`; its id is the task's. `fence` moves forward with every new holder; what a holder of a
 * lower fence writes is refused by the documents that carry the fence.
 */
export const leaseDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  /** The run that occupies the task; absent when the task is free. */
  executionId: z.string().optional(),
  /** The message that works for the run, or the one sent to go on with it. */
  holder: z.string().optional(),
  /** The message that handed over to `holder`. Seen again, it sends the holder's message once more: it may never have been sent. */
  handedOverBy: z.string().optional(),
  fence: z.int(),
  expiresAt: z.string(),
});

export type LeaseDocument = z.infer<typeof leaseDocument>;
