import type { DeliveryDocument } from '../../shared/core/documents/delivery.ts';
import { refusalsIdOf, type WebhookRefusalsDocument } from '../../shared/core/documents/webhook-refusals.ts';
import type { WebhookReplayDocument } from '../../shared/core/documents/webhook-replay.ts';
import { sampleId } from './sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';

export function sampleDelivery(tenantId: string, change: Partial<DeliveryDocument> = {}): DeliveryDocument {
  return {
    id: sampleId('delivery'),
    tenantId,
    schemaVersion: 1,
    integrationId: sampleId('integration'),
    provider: 'custom-rest',
    arrival: sampleId('arrival'),
    receivedAt: at,
    state: 'received',
    request: { method: 'POST', headers: { 'content-type': 'application/json' }, contentType: 'application/json' },
    body: { kind: 'inline', encoding: 'utf-8', content: '{"id":"1"}', bytes: 10, sha256: 'beef' },
    eventId: '1',
    identity: 'event-id',
    verification: { kind: 'github', secret: 'current', detail: 'HMAC over the body' },
    recordKeys: [],
    processing: { attempts: 0, fence: 0, history: [] },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...change,
  };
}

export function sampleReplay(tenantId: string, change: Partial<WebhookReplayDocument> = {}): WebhookReplayDocument {
  return {
    id: sampleId('replay'),
    tenantId,
    kind: 'webhook-replay',
    schemaVersion: 1,
    action: 'replay',
    state: 'running',
    selection: { by: 'ids', deliveryIds: [sampleId('delivery')] },
    counts: { seen: 0, done: 0, skipped: 0 },
    actorId: 'someone',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    createdAt: at,
    updatedAt: at,
    ttl: 3600,
    ...change,
  };
}

export function sampleRefusals(
  tenantId: string,
  change: Partial<WebhookRefusalsDocument> = {},
): WebhookRefusalsDocument {
  const integrationId = sampleId('integration');
  const reason = 'the signature does not fit';
  return {
    id: refusalsIdOf(integrationId),
    tenantId,
    kind: 'webhook-refusals',
    schemaVersion: 1,
    integrationId,
    days: { '2030-01-01': { [reason]: 1 } },
    recent: [{ at, reason, method: 'POST', sourceAddress: '192.0.2.1', headers: ['content-type'], bytes: 2 }],
    updatedAt: at,
    ttl: 3600,
    ...change,
  };
}
