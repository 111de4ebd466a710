import { z } from 'zod';

/** What a publisher's own event id stands for, container `transient`: kept as long as events are, so that a repeat is the same event. */
export const publishedEventDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('published-event'),
  schemaVersion: z.literal(1),
  /** Over everything that was published: another event under the same id is refused. */
  contentHash: z.string(),
  /** When it happened, as the first try said or was given. */
  at: z.string(),
  ttl: z.int(),
});

export type PublishedEventDocument = z.infer<typeof publishedEventDocument>;
