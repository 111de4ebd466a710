import { z } from 'zod';

/**
 * The erasure of a person or of the tenant, container `reviews`: `prepared`, while it can be exported → `running` → `done`. When it is done it names
 * nobody any more.
 */
export const erasureDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('erasure'),
  schemaVersion: z.literal(1),
  state: z.enum(['prepared', 'running', 'done']),
  of: z.enum(['person', 'tenant']),
  /** Absent when it is done. */
  subject: z
    .strictObject({
      kind: z.enum(['person', 'tenant']),
      ids: z.array(z.string()),
      records: z.array(
        z.strictObject({ integrationId: z.string(), object: z.string(), externalId: z.string(), key: z.string() }),
      ),
    })
    .optional(),
  /** The container that is worked on, the last document there, and how many were changed since the first one. */
  place: z.strictObject({
    container: z.int(),
    after: z.string().optional(),
    changed: z.int(),
    round: z.int(),
    /** The last round begins no earlier: what was under way when the erasure began has come to its end by then. */
    notBefore: z.string().optional(),
  }),
  /** Her records are to be skipped from now on. */
  suppresses: z.literal(true).optional(),
  /** By container. */
  erased: z.record(z.string(), z.int()),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
});

export type ErasureDocument = z.infer<typeof erasureDocument>;
