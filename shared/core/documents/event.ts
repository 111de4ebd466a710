import { z } from 'zod';
import { eventType } from '../../contracts/events.ts';

/**
 * Something that happened, container `events`, append only. The id derives from what happened, so that telling it again after a crash finds
 * it told. Change feeds of this container wake whoever passes events on.
 */
export const eventDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  schemaVersion: z.literal(1),
  type: eventType,
  /** Of the schema that `data` obeys; absent in events that were told before there were versions, which are 1. */
  version: z.int().optional(),
  /** When it happened. */
  at: z.string(),
  /** Id of what it happened to. */
  subject: z.string(),
  /** `integrationId` where there is one: lists filter by it. Never a secret. */
  data: z.record(z.string(), z.json()),
  traceparent: z.string(),
});

export type EventDocument = z.infer<typeof eventDocument>;
