import { z } from 'zod';

/** A change that a function could not work on, container `poison`: one document for each function and changed document, with the latest reason. */
export const poisonDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  /** Name of the function that could not work on it. */
  feed: z.string(),
  /** Of the changed document, which stays where it is. */
  documentId: z.string(),
  reason: z.string(),
  at: z.string(),
  traceparent: z.string(),
});

export type PoisonDocument = z.infer<typeof poisonDocument>;
