import type { z } from 'zod';
import { apiKeyDocument, auditDocument, idempotencyDocument } from '../core/documents/access.ts';
import { missingDocument } from '../core/documents/comparison.ts';
import { conflictDocument } from '../core/documents/conflict.ts';
import { conflictResolutionDocument } from '../core/documents/conflict-resolution.ts';
import {
  conversionContentDocument,
  conversionSchemaDocument,
  shardTypeContentDocument,
  shardTypeDocument,
} from '../core/documents/conversion.ts';
import { deliveryDocument } from '../core/documents/delivery.ts';
import { dispatchDocument, eventReplayDocument } from '../core/documents/dispatch.ts';
import { erasureDocument } from '../core/documents/erasure.ts';
import { eventDocument } from '../core/documents/event.ts';
import { executionDocument, pageDocument } from '../core/documents/execution.ts';
import { failedRecordDocument, logDocument } from '../core/documents/execution-details.ts';
import { holdDocument, holdRejectionDocument } from '../core/documents/hold.ts';
import { integrationDocument } from '../core/documents/integration.ts';
import { integrationHealthDocument } from '../core/documents/integration-health.ts';
import { journalDocument } from '../core/documents/journal.ts';
import { keyDocument } from '../core/documents/key.ts';
import { leaseDocument } from '../core/documents/lease.ts';
import { leftRecordDocument } from '../core/documents/left-record.ts';
import { linkDocument } from '../core/documents/link.ts';
import { matchRulesDocument } from '../core/documents/match-rules.ts';
import { mergeDocument, shardImageDocument } from '../core/documents/merge.ts';
import { mergeCandidateDocument } from '../core/documents/merge-candidate.ts';
import { poisonDocument } from '../core/documents/poison.ts';
import { publishedEventDocument } from '../core/documents/published-event.ts';
import { pushLaneDocument } from '../core/documents/push-lane.ts';
import { shardDocument } from '../core/documents/shard.ts';
import { endpointDocument, subscriptionDocument } from '../core/documents/subscription.ts';
import { suppressionDocument } from '../core/documents/suppression.ts';
import { taskDocument } from '../core/documents/task.ts';
import { tenantSlotsDocument } from '../core/documents/tenant-slots.ts';
import { webhookRefusalsDocument } from '../core/documents/webhook-refusals.ts';
import { webhookReplayDocument } from '../core/documents/webhook-replay.ts';
import type { RunDocuments, StoredDocuments } from '../core/stored-documents.ts';
import type { ContainerName } from './containers.ts';

/** What every tenant-owned document has. */
export interface TenantDocument {
  readonly id: string;
  readonly tenantId: string;
}

/** One kind of document: where it is kept and how it reads. */
export interface CollectionSpec<T extends TenantDocument> {
  readonly container: ContainerName;
  readonly schema: z.ZodType<T>;
  /** The document's `kind`, in a container that holds several. */
  readonly kind?: string;
  /** Further kinds, which are read and written by their ids, but not listed. */
  readonly unlistedKinds?: readonly string[];
  /** The field that is the partition key's second level, where that is neither absent nor the id. */
  partitionOf?(document: T): string;
  /** Single writes that come at the same time share requests, of which so many are under way at once. */
  readonly requestsInFlight?: number;
}

/** The kinds of documents behind the ports of `Deps`. */
export const collections: { readonly [K in keyof StoredDocuments]: CollectionSpec<StoredDocuments[K]> } = {
  integrations: { container: 'config', kind: 'integration', schema: integrationDocument },
  integrationHealth: {
    container: 'config',
    kind: 'integration-health',
    schema: integrationHealthDocument,
  },
  tasks: { container: 'config', kind: 'task', schema: taskDocument },
  conversionSchemas: {
    container: 'config',
    kind: 'conversion-schema',
    schema: conversionSchemaDocument,
  },
  conversionContents: {
    container: 'config',
    kind: 'conversion-content',
    schema: conversionContentDocument,
  },
  shardTypes: { container: 'config', kind: 'shard-type', schema: shardTypeDocument },
  shardTypeContents: {
    container: 'config',
    kind: 'shard-type-content',
    schema: shardTypeContentDocument,
  },
  apiKeys: { container: 'config', kind: 'api-key', schema: apiKeyDocument },
  shards: { container: 'shards', schema: shardDocument },
  journal: {
    container: 'journal',
    kind: 'before-image',
    schema: journalDocument,
    partitionOf: (document) => document.shardId,
  },
  links: { container: 'links', schema: linkDocument },
  keys: { container: 'keys', schema: keyDocument, partitionOf: (document) => document.key },
  matchRules: { container: 'config', kind: 'match-rules', schema: matchRulesDocument },
  matchRuleVersions: {
    container: 'config',
    kind: 'match-rules-version',
    schema: matchRulesDocument,
  },
  merges: { container: 'reviews', kind: 'merge', schema: mergeDocument },
  mergeCandidates: {
    container: 'reviews',
    kind: 'merge-candidate',
    schema: mergeCandidateDocument,
  },
  erasures: { container: 'reviews', kind: 'erasure', schema: erasureDocument },
  suppressions: { container: 'config', kind: 'suppression', schema: suppressionDocument },
  holds: { container: 'reviews', kind: 'hold', schema: holdDocument },
  holdRejections: {
    container: 'reviews',
    kind: 'hold-rejection',
    schema: holdRejectionDocument,
  },
  conflicts: { container: 'reviews', kind: 'conflict', schema: conflictDocument },
  conflictResolutions: {
    container: 'reviews',
    kind: 'conflict-resolution',
    schema: conflictResolutionDocument,
  },
  shardImages: {
    container: 'journal',
    kind: 'merge-image',
    schema: shardImageDocument,
    partitionOf: (document) => document.shardId,
  },
  leases: { container: 'leases', schema: leaseDocument },
  pushLanes: { container: 'leases', kind: 'push-lane', schema: pushLaneDocument },
  tenantSlots: { container: 'leases', kind: 'slots', schema: tenantSlotsDocument },
  audit: {
    container: 'audit',
    schema: auditDocument,
    partitionOf: (document) => document.month,
  },
  deliveries: { container: 'deliveries', requestsInFlight: 2, schema: deliveryDocument },
  events: { container: 'events', schema: eventDocument },
  poison: { container: 'poison', schema: poisonDocument },
  publishedEvents: {
    container: 'transient',
    kind: 'published-event',
    schema: publishedEventDocument,
  },
  subscriptions: {
    container: 'config',
    kind: 'subscription',
    schema: subscriptionDocument,
  },
  endpoints: { container: 'config', kind: 'endpoint', schema: endpointDocument },
  dispatches: { container: 'dispatches', kind: 'dispatch', schema: dispatchDocument },
  eventReplays: {
    container: 'dispatches',
    kind: 'event-replay',
    schema: eventReplayDocument,
  },
  webhookReplays: {
    container: 'transient',
    kind: 'webhook-replay',
    schema: webhookReplayDocument,
  },
  webhookRefusals: {
    container: 'transient',
    kind: 'webhook-refusals',
    schema: webhookRefusalsDocument,
  },
  idempotency: {
    container: 'transient',
    kind: 'idempotency',
    schema: idempotencyDocument,
  },
};

/** The kinds of documents of a run. */
export const runCollections: { readonly [K in keyof RunDocuments]: CollectionSpec<RunDocuments[K]> } = {
  executions: {
    container: 'executions',
    kind: 'execution',
    unlistedKinds: ['partition'],
    schema: executionDocument,
    partitionOf: (document) => document.executionId,
  },
  pages: {
    container: 'executions',
    kind: 'page',
    schema: pageDocument,
    partitionOf: (document) => document.executionId,
  },
  logs: {
    container: 'executions',
    kind: 'log',
    schema: logDocument,
    partitionOf: (document) => document.executionId,
  },
  failedRecords: {
    container: 'executions',
    kind: 'failed-record',
    schema: failedRecordDocument,
    partitionOf: (document) => document.executionId,
  },
  leftRecords: {
    container: 'executions',
    kind: 'left-record',
    schema: leftRecordDocument,
    partitionOf: (document) => document.executionId,
  },
  missing: {
    container: 'executions',
    kind: 'missing',
    schema: missingDocument,
    partitionOf: (document) => document.executionId,
  },
};
