import { z } from 'zod';

/**
 * A decision about many conflicts, container `reviews`. They are gone through in order, a slice at a time; what a slice did is counted when
 * `after` moves past it.
 */
export const conflictResolutionDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('conflict-resolution'),
  schemaVersion: z.literal(1),
  state: z.enum(['running', 'done']),
  /** Which ones: these, or the open ones that it describes and that were there when it began. */
  of: z.union([
    z.strictObject({ ids: z.array(z.string()) }),
    z.strictObject({
      alike: z.string().optional(),
      integrationId: z.string().optional(),
      shardTypeId: z.string().optional(),
      about: z.enum(['fields', 'deletion']).optional(),
      field: z.string().optional(),
      sinceBefore: z.string(),
    }),
  ]),
  decision: z.strictObject({
    take: z.enum(['ours', 'theirs']).optional(),
    fields: z.record(z.string(), z.enum(['ours', 'theirs'])).optional(),
    deletion: z.enum(['keep', 'delete']).optional(),
    rule: z.boolean(),
  }),
  actor: z.strictObject({
    kind: z.enum(['user', 'api-key', 'system']),
    id: z.string(),
    role: z.enum(['viewer', 'operator', 'admin']),
  }),
  /** Up to where they have been gone through: a conflict's position, or how many of the ids. */
  after: z.string().optional(),
  resolved: z.int(),
  left: z.int(),
  reasons: z.array(z.strictObject({ conflictId: z.string(), reason: z.string() })),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
});

export type ConflictResolutionDocument = z.infer<typeof conflictResolutionDocument>;
