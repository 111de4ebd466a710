import type { ApiKeyDocument, AuditDocument, IdempotencyDocument } from './documents/access.ts';
import type { MissingDocument } from './documents/comparison.ts';
import type { ConflictDocument } from './documents/conflict.ts';
import type { ConflictResolutionDocument } from './documents/conflict-resolution.ts';
import type {
  ConversionContentDocument,
  ConversionSchemaDocument,
  ShardTypeContentDocument,
  ShardTypeDocument,
} from './documents/conversion.ts';
import type { DeliveryDocument } from './documents/delivery.ts';
import type { DispatchDocument, EventReplayDocument } from './documents/dispatch.ts';
import type { ErasureDocument } from './documents/erasure.ts';
import type { EventDocument } from './documents/event.ts';
import type { ExecutionDocument, PageDocument } from './documents/execution.ts';
import type { FailedRecordDocument, LogDocument } from './documents/execution-details.ts';
import type { HoldDocument, HoldRejectionDocument } from './documents/hold.ts';
import type { IntegrationDocument } from './documents/integration.ts';
import type { IntegrationHealthDocument } from './documents/integration-health.ts';
import type { JournalDocument } from './documents/journal.ts';
import type { KeyDocument } from './documents/key.ts';
import type { LeaseDocument } from './documents/lease.ts';
import type { LeftRecordDocument } from './documents/left-record.ts';
import type { LinkDocument } from './documents/link.ts';
import type { MatchRulesDocument } from './documents/match-rules.ts';
import type { MergeDocument, ShardImageDocument } from './documents/merge.ts';
import type { MergeCandidateDocument } from './documents/merge-candidate.ts';
import type { PoisonDocument } from './documents/poison.ts';
import type { PublishedEventDocument } from './documents/published-event.ts';
import type { PushLaneDocument } from './documents/push-lane.ts';
import type { ShardDocument } from './documents/shard.ts';
import type { EndpointDocument, SubscriptionDocument } from './documents/subscription.ts';
import type { SuppressionDocument } from './documents/suppression.ts';
import type { TaskDocument } from './documents/task.ts';
import type { TenantSlotsDocument } from './documents/tenant-slots.ts';
import type { WebhookRefusalsDocument } from './documents/webhook-refusals.ts';
import type { WebhookReplayDocument } from './documents/webhook-replay.ts';

/** The kinds of documents, by the name of the port that keeps them. */
export interface StoredDocuments {
  integrations: IntegrationDocument;
  integrationHealth: IntegrationHealthDocument;
  tasks: TaskDocument;
  apiKeys: ApiKeyDocument;
  conversionSchemas: ConversionSchemaDocument;
  conversionContents: ConversionContentDocument;
  shardTypes: ShardTypeDocument;
  shardTypeContents: ShardTypeContentDocument;
  shards: ShardDocument;
  journal: JournalDocument;
  links: LinkDocument;
  keys: KeyDocument;
  matchRules: MatchRulesDocument;
  matchRuleVersions: MatchRulesDocument;
  merges: MergeDocument;
  mergeCandidates: MergeCandidateDocument;
  erasures: ErasureDocument;
  suppressions: SuppressionDocument;
  holds: HoldDocument;
  holdRejections: HoldRejectionDocument;
  conflicts: ConflictDocument;
  conflictResolutions: ConflictResolutionDocument;
  shardImages: ShardImageDocument;
  leases: LeaseDocument;
  pushLanes: PushLaneDocument;
  tenantSlots: TenantSlotsDocument;
  audit: AuditDocument;
  events: EventDocument;
  deliveries: DeliveryDocument;
  webhookReplays: WebhookReplayDocument;
  webhookRefusals: WebhookRefusalsDocument;
  poison: PoisonDocument;
  publishedEvents: PublishedEventDocument;
  subscriptions: SubscriptionDocument;
  endpoints: EndpointDocument;
  dispatches: DispatchDocument;
  eventReplays: EventReplayDocument;
  idempotency: IdempotencyDocument;
}

/** The kinds of documents of a run: they share its partition, so that several are written as one. */
export interface RunDocuments {
  executions: ExecutionDocument;
  pages: PageDocument;
  logs: LogDocument;
  failedRecords: FailedRecordDocument;
  leftRecords: LeftRecordDocument;
  missing: MissingDocument;
}
