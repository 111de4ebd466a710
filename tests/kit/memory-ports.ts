import { type CollectionSpec, collections, type TenantDocument } from '../../shared/azure/collections.ts';
import { ProcessMemory } from '../../shared/azure/process-memory.ts';
import type { Adapter, OpenCall } from '../../shared/core/adapter.ts';
import type { DueDocument, HealthDueDocument } from '../../shared/core/documents/due.ts';
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
import type { Deps, WebhookTokens } from '../../shared/core/ports.ts';
import type { StoredDocuments } from '../../shared/core/stored-documents.ts';
import type { WebhookSettings } from '../../shared/core/webhooks/webhook-settings.ts';
import { ExpressionWorkers } from '../../shared/sandbox/expression-workers.ts';
import { Faults } from './faults.ts';
import { MemoryCollection } from './memory-collection.ts';
import { MemoryDeliveryBodies } from './memory-delivery-bodies.ts';
import { type EstatePart, MemoryEstate } from './memory-estate.ts';
import { MemoryExecutionStore } from './memory-execution-store.ts';
import { MemoryOrchestrations } from './memory-orchestrations.ts';
import { createMemoryRefusals, type MemoryRefusals } from './memory-refusals.ts';
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

type MemoryCollections = { readonly [K in keyof StoredDocuments]: MemoryCollection<StoredDocuments[K]> };

/** `Deps` in memory; the parts that a test looks into are visible with their own types. */
export interface MemoryDeps extends Omit<Deps, keyof StoredDocuments>, MemoryCollections, MemoryRefusals {
  readonly clock: TestClock;
  readonly faults: Faults;
  readonly log: MemoryLog;
  readonly runs: MemoryExecutionStore;
  readonly estate: MemoryEstate;
  readonly deliveryBodies: MemoryDeliveryBodies;
  readonly deliveryQueue: MemoryWorkQueue<DeliveriesEnvelope>;
  readonly due: MemoryDueStore<DueDocument>;
  readonly healthDue: MemoryDueStore<HealthDueDocument>;
  readonly secrets: MemorySecretStore;
  readonly pushQueue: MemoryWorkQueue<PushChangesEnvelope>;
  readonly syncQueue: MemoryWorkQueue<SyncPagesEnvelope>;
  readonly outgoingQueue: MemoryWorkQueue<OutgoingEnvelope>;
  readonly slowOutgoingQueue: MemoryWorkQueue<OutgoingEnvelope>;
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
  const kept = Object.entries(collections).map(
    ([name, spec]) => [name, new MemoryCollection(name, spec as CollectionSpec<TenantDocument>, faults, log)] as const,
  );
  const stores = Object.fromEntries(kept) as unknown as MemoryCollections;
  const runs = new MemoryExecutionStore(faults, log);
  const due = new MemoryDueStore('due', clockLane, faults);
  const healthDue = new MemoryDueStore('healthDue', healthLane, faults);
  const { executions, pages, logs, failedRecords, leftRecords, missing } = runs;
  const ofRuns = [executions, pages, logs, failedRecords, leftRecords, missing];
  const parts: readonly EstatePart[] = [...kept.map(([, collection]) => collection), ...ofRuns, due, healthDue];
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
    ...stores,
    ...createMemoryRefusals({ ...stores, now: () => clock.now(), log }),
    runs,
    estate: new MemoryEstate(() => parts, faults),
    tokens: new MemoryTokens(),
    deliveryBodies: new MemoryDeliveryBodies(faults),
    webhooks: { publicUrl: 'https://hooks.example', forwardingHops: 1, ...options.webhooks },
    webhookTargets: new ProcessMemory(1000, () => clock.nowMs()),
    webhookTokens: options.webhookTokens ?? refuseTokens,
    deliveryQueue: new MemoryWorkQueue<DeliveriesEnvelope>('deliveryQueue', faults, () => clock.nowMs()),
    due,
    healthDue,
    secrets: new MemorySecretStore(faults),
    pushQueue: new MemoryWorkQueue<PushChangesEnvelope>('pushQueue', faults, () => clock.nowMs()),
    outgoingQueue: new MemoryWorkQueue<OutgoingEnvelope>('outgoingQueue', faults, () => clock.nowMs()),
    slowOutgoingQueue: new MemoryWorkQueue<OutgoingEnvelope>('slowOutgoingQueue', faults, () => clock.nowMs()),
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
