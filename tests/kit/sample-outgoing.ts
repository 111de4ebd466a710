import { randomBytes } from 'node:crypto';
import type { DispatchDocument, EventReplayDocument } from '../../shared/core/documents/dispatch.ts';
import type { PoisonDocument } from '../../shared/core/documents/poison.ts';
import type { PublishedEventDocument } from '../../shared/core/documents/published-event.ts';
import type { EndpointDocument, SubscriptionDocument } from '../../shared/core/documents/subscription.ts';
import { closedCircuit } from '../../shared/core/outgoing/circuit.ts';
import { sampleId } from './sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export function samplePoison(tenantId: string, change: Partial<PoisonDocument> = {}): PoisonDocument {
  const documentId = change.documentId ?? sampleId('event');
  return {
    id: `a-feed:${documentId}`,
    tenantId,
    schemaVersion: 1,
    feed: 'a-feed',
    documentId,
    reason: 'it does not parse',
    at,
    traceparent,
    ...change,
  };
}

export function samplePublishedEvent(
  tenantId: string,
  change: Partial<PublishedEventDocument> = {},
): PublishedEventDocument {
  return {
    id: randomBytes(16).toString('hex'),
    tenantId,
    kind: 'published-event',
    schemaVersion: 1,
    contentHash: 'beef',
    at,
    ttl: 2_592_000,
    ...change,
  };
}

export function sampleSubscription(tenantId: string, change: Partial<SubscriptionDocument> = {}): SubscriptionDocument {
  return {
    id: sampleId('subscription'),
    tenantId,
    kind: 'subscription',
    schemaVersion: 1,
    url: 'https://receiver.example/hook',
    events: [{ type: '*' }],
    enabled: true,
    activeSince: at,
    secret: { version: '1', createdAt: at },
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleEndpoint(tenantId: string, change: Partial<EndpointDocument> = {}): EndpointDocument {
  return { ...closedCircuit(tenantId, change.subscriptionId ?? sampleId('subscription')), ...change };
}

export function sampleDispatch(tenantId: string, change: Partial<DispatchDocument> = {}): DispatchDocument {
  const id = change.id ?? sampleId('dispatch');
  const eventId = change.eventId ?? sampleId('event');
  return {
    id,
    tenantId,
    kind: 'dispatch',
    schemaVersion: 1,
    subscriptionId: sampleId('subscription'),
    eventId,
    eventType: 'sync.completed',
    subject: sampleId('execution'),
    body: '{}',
    position: `${eventId} ${id}`,
    state: 'waiting',
    test: false,
    attemptCount: 0,
    attempts: [],
    nextAttemptAt: at,
    createdAt: at,
    traceparent,
    ...change,
  };
}

export function sampleEventReplay(tenantId: string, change: Partial<EventReplayDocument> = {}): EventReplayDocument {
  return {
    id: sampleId('eventReplay'),
    tenantId,
    kind: 'event-replay',
    schemaVersion: 1,
    subscriptionId: sampleId('subscription'),
    state: 'running',
    since: at,
    until: at,
    only: 'all',
    afterEventId: sampleId('event'),
    examined: 0,
    dispatched: 0,
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}
