import type { Cause } from '../../shared/core/documents/cause.ts';
import type { JournalDocument } from '../../shared/core/documents/journal.ts';
import { sampleId } from './sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';

export function sampleCause(change: Partial<Cause> = {}): Cause {
  return { kind: 'run', id: sampleId('execution'), actorId: 'sync-pages', at, ...change };
}

export function sampleJournalEntry(tenantId: string, change: Partial<JournalDocument> = {}): JournalDocument {
  const shardId = change.shardId ?? sampleId('shard');
  return {
    id: `${shardId}.0000000001.sample`,
    tenantId,
    shardId,
    kind: 'before-image',
    schemaVersion: 1,
    revision: 1,
    cause: sampleCause(),
    image: { status: 'active', data: { name: 'Before' }, cause: sampleCause(), updatedAt: at },
    at,
    ...change,
  };
}
