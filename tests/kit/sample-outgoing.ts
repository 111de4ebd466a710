import type { PoisonDocument } from '../../shared/core/documents/poison.ts';
import { sampleId } from './sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';

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
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...change,
  };
}
