import { type CollectionSpec, collections, type TenantDocument } from '../../shared/azure/collections.ts';
import { ProcessMemory } from '../../shared/azure/process-memory.ts';
import type { Adapter, OpenCall } from '../../shared/core/adapter.ts';
import type { ApiKeyDocument, AuditDocument, IdempotencyDocument } from '../../shared/core/documents/access.ts';
import type { MissingDocument } from '../../shared/core/documents/comparison.ts';
import type { ConflictDocument } from '../../shared/core/documents/conflict.ts';
import type { ConflictResolutionDocument } from '../../shared/core/documents/conflict-resolution.ts';
import type { ConversionContentDocument } from '../../shared/core/documents/conversion.ts';
import type { DeliveryDocument } from '../../shared/core/documents/delivery.ts';
import type { DispatchDocument, EventReplayDocument } from '../../shared/core/documents/dispatch.ts';
import type { DueDocument, HealthDueDocument } from '../../shared/core/documents/due.ts';
import type { ErasureDocument } from '../../shared/core/documents/erasure.ts';
import type { EventDocument } from '../../shared/core/documents/event.ts';
import type { ExecutionDocument, PageDocument } from '../../shared/core/documents/execution.ts';
import type { FailedRecordDocument, LogDocument } from '../../shared/core/documents/execution-details.ts';
import type { HoldDocument, HoldRejectionDocument } from '../../shared/core/documents/hold.ts';
import type { IntegrationDocument } from '../../shared/core/documents/integration.ts';
import type { IntegrationHealthDocument } from '../../shared/core/documents/integration-health.ts';
import type { JournalDocument } from '../../shared/core/documents/journal.ts';
import type { KeyDocument } from '../../shared/core/documents/key.ts';
import type { LeaseDocument } from '../../shared/core/documents/lease.ts';
import type { LeftRecordDocument } from '../../shared/core/documents/left-record.ts';
import type { LinkDocument } from '../../shared/core/documents/link.ts';
import type { MatchRulesDocument } from '../../shared/core/documents/match-rules.ts';
import type { MergeDocument, ShardImageDocument } from '../../shared/core/documents/merge.ts';
import type { MergeCandidateDocument } from '../../shared/core/documents/merge-candidate.ts';
import type { PoisonDocument } from '../../shared/core/documents/poison.ts';
import type { PublishedEventDocument } from '../../shared/core/documents/published-event.ts';
import type { PushLaneDocument } from '../../shared/core/documents/push-lane.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { EndpointDocument, SubscriptionDocument } from '../../shared/core/documents/subscription.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import type { TenantSlotsDocument } from '../../shared/core/documents/tenant-slots.ts';
import type { WebhookReplayDocument } from '../../shared/core/documents/webhook-replay.ts';
import { clockLane, healthLane } from '../../shared/core/due.ts';
import { defaultEngineSettings, type EngineSettings } from '../../shared/core/engine-settings.ts';
import type {
  DeliveriesEnvelope,
  JobEnvelope,
  PushChangesEnvelope,
  SyncPagesEnvelope,
} from '../../shared/core/envelope.ts';
import { composeId } from '../../shared/core/ids.ts';
import type { OutgoingEnvelope } from '../../shared/core/outgoing/envelope.ts';
import { defaultOutgoingSettings, type OutgoingSettings } from '../../shared/core/outgoing/settings.ts';
import type { Deps, ExecutionStore, RunChange, WebhookTokens, Write, WriteResult } from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { WebhookSettings } from '../../shared/core/webhooks/webhook-settings.ts';
import { ExpressionWorkers } from '../../shared/sandbox/expression-workers.ts';
import { Faults } from './faults.ts';
import { MemoryCollection } from './memory-collection.ts';
import { MemoryDeliveryBodies } from './memory-delivery-bodies.ts';
import { type EstatePart, MemoryEstate } from './memory-estate.ts';
import { MemoryOrchestrations } from './memory-orchestrations.ts';
import { MemoryDueStore, MemoryLog, MemorySecretStore, MemoryTokens, MemoryWorkQueue } from './memory-services.ts';
import { MemoryWebhookClient } from './memory-webhook-client.ts';

/** A clock that moves only when told to. */
export class TestClock {
  #nowMs: number;

  constructor(now: string) {
    this.#nowMs = Date.parse(now);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves forward to an instant (epoch ms or ISO 8601); an earlier one changes nothing. */
  advanceTo(instant: number | string): void {
    this.#nowMs = Math.max(this.#nowMs, typeof instant === 'number' ? instant : Date.parse(instant));
  }
}

class MemoryExecutionStore implements ExecutionStore {
  readonly executions: MemoryCollection<ExecutionDocument>;
  readonly pages: MemoryCollection<PageDocument>;
  readonly logs: MemoryCollection<LogDocument>;
  readonly failedRecords: MemoryCollection<FailedRecordDocument>;
  readonly leftRecords: MemoryCollection<LeftRecordDocument>;
  readonly missing: MemoryCollection<MissingDocument>;
  readonly #faults: Faults;

  constructor(faults: Faults, log: MemoryLog) {
    this.#faults = faults;
    this.executions = new MemoryCollection('executions', collections.executions, faults, log);
    this.pages = new MemoryCollection('pages', collections.pages, faults, log);
    this.logs = new MemoryCollection('logs', collections.logs, faults, log);
    this.failedRecords = new MemoryCollection('failedRecords', collections.failedRecords, faults, log);
    this.leftRecords = new MemoryCollection('leftRecords', collections.leftRecords, faults, log);
    this.missing = new MemoryCollection('missing', collections.missing, faults, log);
  }

  async create(scope: Scope, change: RunChange): Promise<WriteResult> {
    return this.#write(scope, change, { kind: 'create', document: change.execution });
  }

  async commit(scope: Scope, change: RunChange, etag: string): Promise<WriteResult> {
    return this.#write(scope, change, { kind: 'replace', document: change.execution, etag });
  }

  /** One durable step, because it is atomic. */
  async #write(
    scope: Scope,
    { execution, page, missing, log = [] }: RunChange,
    move: Write<ExecutionDocument>,
  ): Promise<WriteResult> {
    const verb = page === undefined ? 'commit' : 'commitPage';
    await this.#faults.enter('runs', move.kind === 'create' ? 'create' : verb, 1 + log.length);
    const others = [...(page === undefined ? [] : [page]), ...(missing === undefined ? [] : [missing]), ...log];
    if (others.some(({ executionId }) => executionId !== execution.executionId)) {
      throw new Error('A run is written with its own page and log only');
    }
    return this.#faults.step(`runs ${move.kind} ${page?.id ?? execution.id}`, () => {
      const moved = this.executions.put(scope, move);
      if (!moved.ok) return moved;
      if (page !== undefined) this.pages.put(scope, { kind: 'upsert', document: page });
      if (missing !== undefined) this.missing.put(scope, { kind: 'upsert', document: missing });
      for (const document of log) this.logs.put(scope, { kind: 'upsert', document });
      return moved;
    });
  }
}

export interface MemoryOptions {
  /** ISO 8601; where the clock stands at first. */
  readonly now?: string;
  /** Seed of the ids. */
  readonly seed?: number;
  readonly engine?: Partial<EngineSettings>;
  readonly outgoing?: Partial<OutgoingSettings>;
  readonly adapters?: readonly Adapter[];
  readonly openCall?: OpenCall;
  readonly webhooks?: Partial<WebhookSettings>;
  readonly webhookTokens?: WebhookTokens;
}

/** The real one: there is nothing to fake in it. */
const expressions = new ExpressionWorkers(new URL('../../shared/sandbox/expression-worker.ts', import.meta.url));

/** `Deps` in memory; the parts that a test looks into are visible with their own types. */
export interface MemoryDeps extends Deps {
  readonly clock: TestClock;
  readonly faults: Faults;
  readonly log: MemoryLog;
  readonly runs: MemoryExecutionStore;
  readonly shards: MemoryCollection<ShardDocument>;
  readonly journal: MemoryCollection<JournalDocument>;
  readonly links: MemoryCollection<LinkDocument>;
  readonly keys: MemoryCollection<KeyDocument>;
  readonly matchRules: MemoryCollection<MatchRulesDocument>;
  readonly matchRuleVersions: MemoryCollection<MatchRulesDocument>;
  readonly merges: MemoryCollection<MergeDocument>;
  readonly mergeCandidates: MemoryCollection<MergeCandidateDocument>;
  readonly estate: MemoryEstate;
  readonly erasures: MemoryCollection<ErasureDocument>;
  readonly deliveryBodies: MemoryDeliveryBodies;
  readonly holds: MemoryCollection<HoldDocument>;
  readonly holdRejections: MemoryCollection<HoldRejectionDocument>;
  readonly conflicts: MemoryCollection<ConflictDocument>;
  readonly conflictResolutions: MemoryCollection<ConflictResolutionDocument>;
  readonly shardImages: MemoryCollection<ShardImageDocument>;
  readonly leases: MemoryCollection<LeaseDocument>;
  readonly tenantSlots: MemoryCollection<TenantSlotsDocument>;
  readonly tasks: MemoryCollection<TaskDocument>;
  readonly conversionContents: MemoryCollection<ConversionContentDocument>;
  readonly integrations: MemoryCollection<IntegrationDocument>;
  readonly integrationHealth: MemoryCollection<IntegrationHealthDocument>;
  readonly apiKeys: MemoryCollection<ApiKeyDocument>;
  readonly audit: MemoryCollection<AuditDocument>;
  readonly events: MemoryCollection<EventDocument>;
  readonly deliveries: MemoryCollection<DeliveryDocument>;
  readonly deliveryQueue: MemoryWorkQueue<DeliveriesEnvelope>;
  readonly webhookReplays: MemoryCollection<WebhookReplayDocument>;
  readonly poison: MemoryCollection<PoisonDocument>;
  readonly publishedEvents: MemoryCollection<PublishedEventDocument>;
  readonly subscriptions: MemoryCollection<SubscriptionDocument>;
  readonly endpoints: MemoryCollection<EndpointDocument>;
  readonly dispatches: MemoryCollection<DispatchDocument>;
  readonly eventReplays: MemoryCollection<EventReplayDocument>;
  readonly idempotency: MemoryCollection<IdempotencyDocument>;
  readonly due: MemoryDueStore<DueDocument>;
  readonly healthDue: MemoryDueStore<HealthDueDocument>;
  readonly secrets: MemorySecretStore;
  readonly pushLanes: MemoryCollection<PushLaneDocument>;
  readonly pushQueue: MemoryWorkQueue<PushChangesEnvelope>;
  readonly syncQueue: MemoryWorkQueue<SyncPagesEnvelope>;
  readonly outgoingQueue: MemoryWorkQueue<OutgoingEnvelope>;
  readonly webhookClient: MemoryWebhookClient;
  readonly jobQueue: MemoryWorkQueue<JobEnvelope>;
  readonly orchestrations: MemoryOrchestrations;
  readonly tokens: MemoryTokens;
}

/**
 * Every port in memory, on one controllable clock and seeded ids. Stored state is JSON text, so that nobody shares objects with
 * it, and reads pass the documents' schemas, as they do in Azure.
 */
export function createMemoryDeps(options: MemoryOptions = {}): MemoryDeps {
  const clock = new TestClock(options.now ?? '2030-01-01T00:00:00.000Z');
  const faults = new Faults();
  const log = new MemoryLog();
  const jitter = seededBits(options.seed ?? 1);
  const idBits = seededBits((options.seed ?? 1) ^ 0x5bd1e995);
  const parts: EstatePart[] = [];
  const collection = <T extends TenantDocument>(name: string, spec: CollectionSpec<T>) => {
    const made = new MemoryCollection(name, spec, faults, log);
    parts.push(made);
    return made;
  };
  const runs = new MemoryExecutionStore(faults, log);
  const due = new MemoryDueStore('due', clockLane, faults);
  const healthDue = new MemoryDueStore('healthDue', healthLane, faults);
  const { executions, pages, logs, failedRecords, leftRecords, missing } = runs;
  parts.push(executions, pages, logs, failedRecords, leftRecords, missing, due, healthDue);
  return {
    clock,
    faults,
    now: () => clock.now(),
    wait: async (ms) => clock.advance(ms),
    // Nothing in a test lasts.
    every: () => () => undefined,
    random: () => jitter() / 2 ** 32,
    engine: { ...defaultEngineSettings, ...options.engine },
    outgoing: { ...defaultOutgoingSettings, ...options.outgoing },
    newId: (kind) => composeId(kind, clock.nowMs(), tenBytes(idBits)),
    log,
    integrationHealth: collection('integrationHealth', collections.integrationHealth),
    integrations: collection('integrations', collections.integrations),
    tasks: collection('tasks', collections.tasks),
    conversionSchemas: collection('conversionSchemas', collections.conversionSchemas),
    conversionContents: collection('conversionContents', collections.conversionContents),
    shardTypes: collection('shardTypes', collections.shardTypes),
    shardTypeContents: collection('shardTypeContents', collections.shardTypeContents),
    apiKeys: collection('apiKeys', collections.apiKeys),
    runs,
    shards: collection('shards', collections.shards),
    journal: collection('journal', collections.journal),
    links: collection('links', collections.links),
    keys: collection('keys', collections.keys),
    matchRules: collection('matchRules', collections.matchRules),
    matchRuleVersions: collection('matchRuleVersions', collections.matchRuleVersions),
    merges: collection('merges', collections.merges),
    mergeCandidates: collection('mergeCandidates', collections.mergeCandidates),
    estate: new MemoryEstate(() => parts, faults),
    erasures: collection('erasures', collections.erasures),
    holds: collection('holds', collections.holds),
    holdRejections: collection('holdRejections', collections.holdRejections),
    conflicts: collection('conflicts', collections.conflicts),
    conflictResolutions: collection('conflictResolutions', collections.conflictResolutions),
    shardImages: collection('shardImages', collections.shardImages),
    leases: collection('leases', collections.leases),
    tenantSlots: collection('tenantSlots', collections.tenantSlots),
    tokens: new MemoryTokens(),
    audit: collection('audit', collections.audit),
    events: collection('events', collections.events),
    deliveries: collection('deliveries', collections.deliveries),
    deliveryBodies: new MemoryDeliveryBodies(faults),
    webhooks: { publicUrl: 'https://hooks.example', forwardingHops: 1, ...options.webhooks },
    webhookTargets: new ProcessMemory(1000, () => clock.nowMs()),
    webhookTokens: options.webhookTokens ?? refuseTokens,
    deliveryQueue: new MemoryWorkQueue<DeliveriesEnvelope>('deliveryQueue', faults, () => clock.nowMs()),
    webhookReplays: collection('webhookReplays', collections.webhookReplays),
    poison: collection('poison', collections.poison),
    publishedEvents: collection('publishedEvents', collections.publishedEvents),
    subscriptions: collection('subscriptions', collections.subscriptions),
    endpoints: collection('endpoints', collections.endpoints),
    dispatches: collection('dispatches', collections.dispatches),
    eventReplays: collection('eventReplays', collections.eventReplays),
    idempotency: collection('idempotency', collections.idempotency),
    due,
    healthDue,
    secrets: new MemorySecretStore(faults),
    pushLanes: collection('pushLanes', collections.pushLanes),
    pushQueue: new MemoryWorkQueue<PushChangesEnvelope>('pushQueue', faults, () => clock.nowMs()),
    outgoingQueue: new MemoryWorkQueue<OutgoingEnvelope>('outgoingQueue', faults, () => clock.nowMs()),
    webhookClient: new MemoryWebhookClient(faults, () => clock.now()),
    syncQueue: new MemoryWorkQueue<SyncPagesEnvelope>('syncQueue', faults, () => clock.nowMs()),
    jobQueue: new MemoryWorkQueue<JobEnvelope>('jobQueue', faults, () => clock.nowMs()),
    expressions,
    orchestrations: new MemoryOrchestrations(faults, () => clock.nowMs()),
    adapters: options.adapters ?? [],
    openCall: options.openCall ?? refuseCall,
    readiness: {
      cosmos: async () => undefined,
      storage: async () => undefined,
      keyVault: async () => undefined,
    },
  };
}

const refuseTokens: WebhookTokens = { verify: async () => undefined };

const refuseCall: OpenCall = ({ adapter }) => {
  throw new Error(`No openCall was given to createMemoryDeps, but ${adapter.id} is called`);
};

/** 32 bits a call, the same sequence for the same seed (xorshift32). */
function seededBits(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function tenBytes(bits: () => number): Uint8Array {
  return Uint8Array.from({ length: 10 }, () => bits() & 0xff);
}
