import type { DeliveryDocument } from '../../shared/core/documents/delivery.ts';
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
