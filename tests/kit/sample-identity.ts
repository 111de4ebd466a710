import { randomBytes } from 'node:crypto';
import type { KeyDocument } from '../../shared/core/documents/key.ts';
import type { MatchRulesDocument } from '../../shared/core/documents/match-rules.ts';
import type { MergeDocument, ShardImageDocument } from '../../shared/core/documents/merge.ts';
import type { MergeCandidateDocument } from '../../shared/core/documents/merge-candidate.ts';
import { sampleId, sampleShard } from './sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';

export function sampleKey(tenantId: string, change: Partial<KeyDocument> = {}): KeyDocument {
  const key = change.key ?? randomBytes(16).toString('hex');
  const entries = [{ linkId: 'a-link', revision: 1, form: ['ana novak', null] }];
  return { id: key, tenantId, key, schemaVersion: 1, entries, ...change };
}

export function sampleMatchRules(tenantId: string, change: Partial<MatchRulesDocument> = {}): MatchRulesDocument {
  return {
    id: `rules-${randomBytes(8).toString('hex')}`,
    tenantId,
    kind: 'match-rules',
    schemaVersion: 1,
    shardTypeId: 'contact',
    version: 1,
    rules: [{ kind: 'exact', name: 'E-mail', key: [{ fields: ['email'], as: 'email', part: 'whole' }] }],
    strategy: 'newest',
    fieldStrategies: {},
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleMerge(tenantId: string, change: Partial<MergeDocument> = {}): MergeDocument {
  return {
    id: sampleId('merge'),
    tenantId,
    kind: 'merge',
    schemaVersion: 1,
    shardTypeId: 'contact',
    state: 'started',
    survivorId: sampleId('shard'),
    loserId: sampleId('shard'),
    trigger: 'person',
    actorId: 'ana',
    createdAt: at,
    ...change,
  };
}

export function sampleMergeCandidate(
  tenantId: string,
  change: Partial<MergeCandidateDocument> = {},
): MergeCandidateDocument {
  return {
    id: sampleId('mergeCandidate'),
    tenantId,
    kind: 'merge-candidate',
    schemaVersion: 1,
    shardTypeId: 'contact',
    state: 'open',
    shardIds: [sampleId('shard'), sampleId('shard')],
    rule: 'E-mail',
    score: 0.9,
    rules: 'some',
    values: 'some',
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleShardImage(tenantId: string, change: Partial<ShardImageDocument> = {}): ShardImageDocument {
  const image = sampleShard(tenantId);
  return {
    id: `${sampleId('merge')}.version`,
    tenantId,
    shardId: image.id,
    kind: 'merge-image',
    schemaVersion: 1,
    image,
    at,
    ...change,
  };
}
