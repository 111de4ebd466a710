import type { z } from 'zod';
import {
  type ApiKeyDocument,
  type AuditDocument,
  apiKeyDocument,
  auditDocument,
  type IdempotencyDocument,
  idempotencyDocument,
} from '../core/documents/access.ts';
import { type MissingDocument, missingDocument } from '../core/documents/comparison.ts';
import { type ConflictDocument, conflictDocument } from '../core/documents/conflict.ts';
import { type ConflictResolutionDocument, conflictResolutionDocument } from '../core/documents/conflict-resolution.ts';
import {
  type ConversionContentDocument,
  type ConversionSchemaDocument,
  conversionContentDocument,
  conversionSchemaDocument,
  type ShardTypeContentDocument,
  type ShardTypeDocument,
  shardTypeContentDocument,
  shardTypeDocument,
} from '../core/documents/conversion.ts';
import { type DeliveryDocument, deliveryDocument } from '../core/documents/delivery.ts';
import {
  type DispatchDocument,
  dispatchDocument,
  type EventReplayDocument,
  eventReplayDocument,
} from '../core/documents/dispatch.ts';
import { type ErasureDocument, erasureDocument } from '../core/documents/erasure.ts';
import { type EventDocument, eventDocument } from '../core/documents/event.ts';
import {
  type ExecutionDocument,
  executionDocument,
  type PageDocument,
  pageDocument,
} from '../core/documents/execution.ts';
import {
  type FailedRecordDocument,
  failedRecordDocument,
  type LogDocument,
  logDocument,
} from '../core/documents/execution-details.ts';
import {
  type HoldDocument,
  type HoldRejectionDocument,
  holdDocument,
  holdRejectionDocument,
} from '../core/documents/hold.ts';
import { type IntegrationDocument, integrationDocument } from '../core/documents/integration.ts';
import { type IntegrationHealthDocument, integrationHealthDocument } from '../core/documents/integration-health.ts';
import { type JournalDocument, journalDocument } from '../core/documents/journal.ts';
import { type KeyDocument, keyDocument } from '../core/documents/key.ts';
import { type LeaseDocument, leaseDocument } from '../core/documents/lease.ts';
import { type LeftRecordDocument, leftRecordDocument } from '../core/documents/left-record.ts';
import { type LinkDocument, linkDocument } from '../core/documents/link.ts';
import { type MatchRulesDocument, matchRulesDocument } from '../core/documents/match-rules.ts';
import {
  type MergeDocument,
  mergeDocument,
  type ShardImageDocument,
  shardImageDocument,
} from '../core/documents/merge.ts';
import { type MergeCandidateDocument, mergeCandidateDocument } from '../core/documents/merge-candidate.ts';
import { type PoisonDocument, poisonDocument } from '../core/documents/poison.ts';
import { type PublishedEventDocument, publishedEventDocument } from '../core/documents/published-event.ts';
import { type PushLaneDocument, pushLaneDocument } from '../core/documents/push-lane.ts';
import { type ShardDocument, shardDocument } from '../core/documents/shard.ts';
import {
  type EndpointDocument,
  endpointDocument,
  type SubscriptionDocument,
  subscriptionDocument,
} from '../core/documents/subscription.ts';
import { type TaskDocument, taskDocument } from '../core/documents/task.ts';
import { type TenantSlotsDocument, tenantSlotsDocument } from '../core/documents/tenant-slots.ts';
import { type WebhookReplayDocument, webhookReplayDocument } from '../core/documents/webhook-replay.ts';
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
  readonly partitionOf?: (document: T) => string;
}

const spec = <T extends TenantDocument>(collection: CollectionSpec<T>): CollectionSpec<T> => collection;

/** The kinds of documents behind the ports of `Deps`. */
export const collections = {
  integrations: spec<IntegrationDocument>({ container: 'config', kind: 'integration', schema: integrationDocument }),
  integrationHealth: spec<IntegrationHealthDocument>({
    container: 'config',
    kind: 'integration-health',
    schema: integrationHealthDocument,
  }),
  tasks: spec<TaskDocument>({ container: 'config', kind: 'task', schema: taskDocument }),
  conversionSchemas: spec<ConversionSchemaDocument>({
    container: 'config',
    kind: 'conversion-schema',
    schema: conversionSchemaDocument,
  }),
  conversionContents: spec<ConversionContentDocument>({
    container: 'config',
    kind: 'conversion-content',
    schema: conversionContentDocument,
  }),
  shardTypes: spec<ShardTypeDocument>({ container: 'config', kind: 'shard-type', schema: shardTypeDocument }),
  shardTypeContents: spec<ShardTypeContentDocument>({
    container: 'config',
    kind: 'shard-type-content',
    schema: shardTypeContentDocument,
  }),
  apiKeys: spec<ApiKeyDocument>({ container: 'config', kind: 'api-key', schema: apiKeyDocument }),
  executions: spec<ExecutionDocument>({
    container: 'executions',
    kind: 'execution',
    unlistedKinds: ['partition'],
    schema: executionDocument,
    partitionOf: (document) => document.executionId,
  }),
  pages: spec<PageDocument>({
    container: 'executions',
    kind: 'page',
    schema: pageDocument,
    partitionOf: (document) => document.executionId,
  }),
  logs: spec<LogDocument>({
    container: 'executions',
    kind: 'log',
    schema: logDocument,
    partitionOf: (document) => document.executionId,
  }),
  failedRecords: spec<FailedRecordDocument>({
    container: 'executions',
    kind: 'failed-record',
    schema: failedRecordDocument,
    partitionOf: (document) => document.executionId,
  }),
  leftRecords: spec<LeftRecordDocument>({
    container: 'executions',
    kind: 'left-record',
    schema: leftRecordDocument,
    partitionOf: (document) => document.executionId,
  }),
  missing: spec<MissingDocument>({
    container: 'executions',
    kind: 'missing',
    schema: missingDocument,
    partitionOf: (document) => document.executionId,
  }),
  shards: spec<ShardDocument>({ container: 'shards', schema: shardDocument }),
  journal: spec<JournalDocument>({
    container: 'journal',
    kind: 'before-image',
    schema: journalDocument,
    partitionOf: (document) => document.shardId,
  }),
  links: spec<LinkDocument>({ container: 'links', schema: linkDocument }),
  keys: spec<KeyDocument>({ container: 'keys', schema: keyDocument, partitionOf: (document) => document.key }),
  matchRules: spec<MatchRulesDocument>({ container: 'config', kind: 'match-rules', schema: matchRulesDocument }),
  matchRuleVersions: spec<MatchRulesDocument>({
    container: 'config',
    kind: 'match-rules-version',
    schema: matchRulesDocument,
  }),
  merges: spec<MergeDocument>({ container: 'reviews', kind: 'merge', schema: mergeDocument }),
  mergeCandidates: spec<MergeCandidateDocument>({
    container: 'reviews',
    kind: 'merge-candidate',
    schema: mergeCandidateDocument,
  }),
  erasures: spec<ErasureDocument>({ container: 'reviews', kind: 'erasure', schema: erasureDocument }),
  holds: spec<HoldDocument>({ container: 'reviews', kind: 'hold', schema: holdDocument }),
  holdRejections: spec<HoldRejectionDocument>({
    container: 'reviews',
    kind: 'hold-rejection',
    schema: holdRejectionDocument,
  }),
  conflicts: spec<ConflictDocument>({ container: 'reviews', kind: 'conflict', schema: conflictDocument }),
  conflictResolutions: spec<ConflictResolutionDocument>({
    container: 'reviews',
    kind: 'conflict-resolution',
    schema: conflictResolutionDocument,
  }),
  shardImages: spec<ShardImageDocument>({
    container: 'journal',
    kind: 'merge-image',
    schema: shardImageDocument,
    partitionOf: (document) => document.shardId,
  }),
  leases: spec<LeaseDocument>({ container: 'leases', schema: leaseDocument }),
  pushLanes: spec<PushLaneDocument>({ container: 'leases', kind: 'push-lane', schema: pushLaneDocument }),
  tenantSlots: spec<TenantSlotsDocument>({ container: 'leases', kind: 'slots', schema: tenantSlotsDocument }),
  audit: spec<AuditDocument>({
    container: 'audit',
    schema: auditDocument,
    partitionOf: (document) => document.month,
  }),
  deliveries: spec<DeliveryDocument>({ container: 'deliveries', schema: deliveryDocument }),
  events: spec<EventDocument>({ container: 'events', schema: eventDocument }),
  poison: spec<PoisonDocument>({ container: 'poison', schema: poisonDocument }),
  publishedEvents: spec<PublishedEventDocument>({
    container: 'transient',
    kind: 'published-event',
    schema: publishedEventDocument,
  }),
  subscriptions: spec<SubscriptionDocument>({
    container: 'config',
    kind: 'subscription',
    schema: subscriptionDocument,
  }),
  endpoints: spec<EndpointDocument>({ container: 'config', kind: 'endpoint', schema: endpointDocument }),
  dispatches: spec<DispatchDocument>({ container: 'dispatches', kind: 'dispatch', schema: dispatchDocument }),
  eventReplays: spec<EventReplayDocument>({
    container: 'dispatches',
    kind: 'event-replay',
    schema: eventReplayDocument,
  }),
  webhookReplays: spec<WebhookReplayDocument>({
    container: 'transient',
    kind: 'webhook-replay',
    schema: webhookReplayDocument,
  }),
  idempotency: spec<IdempotencyDocument>({
    container: 'transient',
    kind: 'idempotency',
    schema: idempotencyDocument,
  }),
};
