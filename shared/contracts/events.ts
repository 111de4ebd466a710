import { z } from 'zod';
import { eventDefinitions, eventTypes } from './event-schemas.ts';
import { eventId, instant, integrationId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const eventType = z.enum(eventTypes);

export const event = z
  .strictObject({
    id: eventId,
    type: eventType,
    version: z.int().describe('Of the schema that `data` obeys'),
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

const published = {
  id: text(200).describe('Yours: an event that is published again under the same id within 30 days is the same event'),
  at: instant.optional().describe('When it happened; now unless given. Those of one instant have no order'),
  subject: text(200).describe('Id of what it happened to'),
  version: z.literal(1).default(1).describe('Of the schema that `data` obeys'),
};

const productEvent = <T extends keyof typeof eventDefinitions>(type: T) =>
  z.strictObject({ ...published, type: z.literal(type), data: eventDefinitions[type].versions[1] });

export const publishEvent = defineRoute({
  id: 'publishEvent',
  method: 'POST',
  path: 'tenant/events',
  summary: 'Tell subscribers what happened in your product; safe to repeat under the same id',
  tag: 'Events',
  role: 'operator',
  body: z.discriminatedUnion('type', [
    productEvent('project.shared'),
    productEvent('collaborator.added'),
    productEvent('recommendation.ready'),
    productEvent('activity.alert'),
  ]),
  success: { status: 202, body: event, description: 'It is kept and will be passed on' },
  problems: ['already-exists'],
});

const eventSchema = z
  .strictObject({
    type: eventType,
    version: z.int(),
    current: z.boolean().describe('Whether events are told in this version now'),
    source: z.enum(['product', 'system']).describe('`product`: published by `POST /api/tenant/events`'),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the message that subscribers receive'),
  })
  .meta({ id: 'EventSchema' });

export const listEventSchemas = defineRoute({
  id: 'listEventSchemas',
  method: 'GET',
  path: 'events/schemas',
  summary: 'The types of events and the JSON Schemas of what is sent for them, in all versions',
  tag: 'Events',
  role: 'viewer',
  success: { status: 200, body: z.strictObject({ items: z.array(eventSchema) }), description: 'All of them' },
  problems: [],
});

export const getEventSchema = defineRoute({
  id: 'getEventSchema',
  method: 'GET',
  path: 'events/schemas/{type}',
  summary: 'The JSON Schemas of one type of event, newest version first',
  tag: 'Events',
  role: 'viewer',
  params: z.strictObject({ type: eventType }),
  success: { status: 200, body: z.strictObject({ items: z.array(eventSchema) }), description: 'Its versions' },
  problems: [],
});
