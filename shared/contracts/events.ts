import { z } from 'zod';
import { eventId, instant, integrationId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

/** What the product can tell: a closed list. */
export const eventTypes = [
  'project.shared',
  'collaborator.added',
  'shard.created',
  'shard.updated',
  'recommendation.ready',
  'activity.alert',
  'sync.completed',
  'sync.failed',
  'conflict.detected',
  'hold.raised',
  'integration.error',
  'connection.expiring',
] as const;

export const eventType = z.enum(eventTypes);

export type EventType = z.infer<typeof eventType>;

export const event = z
  .strictObject({
    id: eventId,
    type: eventType,
    at: instant.describe('When it happened'),
    subject: z.string().describe('Id of what it happened to'),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

export const listEvents = defineRoute({
  id: 'listEvents',
  method: 'GET',
  path: 'tenant/events',
  summary: 'What happened in your tenant in the last 30 days',
  tag: 'Events',
  role: 'viewer',
  query: z.strictObject({ ...pageQuery, type: eventType.optional(), integrationId: integrationId.optional() }),
  success: { status: 200, body: pageOf(event), description: 'A page, newest first' },
  problems: [],
});
