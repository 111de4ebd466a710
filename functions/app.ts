import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { createOpenCall } from '../adapters/kit/open-call.ts';
import { createWebhookClient } from '../adapters/kit/webhook-client.ts';
import { createWebhookTokens } from '../adapters/kit/webhook-tokens.ts';
import { adapters } from '../adapters/registry.ts';
import { BlobDeliveryBodies } from '../shared/azure/blob-delivery-bodies.ts';
import { ClaimCheck } from '../shared/azure/claim-check.ts';
import { collections } from '../shared/azure/collections.ts';
import { readConfig } from '../shared/azure/config.ts';
import { openCosmos } from '../shared/azure/cosmos-client.ts';
import { CosmosCollection } from '../shared/azure/cosmos-collection.ts';
import { CosmosDueStore } from '../shared/azure/cosmos-due-store.ts';
import { CosmosEstate } from '../shared/azure/cosmos-estate.ts';
import { CosmosExecutionStore } from '../shared/azure/cosmos-execution-store.ts';
import { appIdentity, localCredential } from '../shared/azure/credential.ts';
import { KeyVaultSecrets, openKeyVault } from '../shared/azure/key-vault-secrets.ts';
import { createLog } from '../shared/azure/log.ts';
import { once } from '../shared/azure/once.ts';
import { ProcessMemory } from '../shared/azure/process-memory.ts';
import { readinessChecks } from '../shared/azure/readiness.ts';
import { openStorage } from '../shared/azure/storage.ts';
import { startTelemetry } from '../shared/azure/telemetry.ts';
import { createTokenVerifier } from '../shared/azure/token-verifier.ts';
import { StorageWorkQueue } from '../shared/azure/work-queue.ts';
import { clockLane, healthLane } from '../shared/core/due.ts';
import { composeId } from '../shared/core/ids.ts';
import type { Deps } from '../shared/core/ports.ts';
import { ExpressionWorkers } from '../shared/sandbox/expression-workers.ts';

const idBytes = 10;
/** So long an old secret, or an integration that was disabled elsewhere, may still be taken for valid. */
const webhookTargetMs = 1000;

/** An error shows itself where the work goes on. */
const every: Deps['every'] = (ms, call) => {
  const timer = setInterval(() => void call().catch(() => undefined), ms);
  return () => clearInterval(timer);
};

/**
 * The product's dependencies: config → clients → ports, made at the first call and shared by all functions of the process. When that
 * fails, the next call tries again.
 */
export const getDeps: () => Promise<Deps> = once(async () => {
  const config = readConfig();
  await startTelemetry(config.applicationInsights);
  const now = () => new Date();
  const random = Math.random;
  const log = createLog(now);
  const cosmos = openCosmos(config.cosmos, appIdentity);
  const storage = openStorage(config.storage, appIdentity);
  const vaultCredential = config.keyVault.url.startsWith('http:') ? localCredential(Date.now) : appIdentity;
  const keyVault = openKeyVault(config.keyVault, vaultCredential);
  const tools = { open: cosmos, log, random };
  return {
    now,
    wait: (ms) => setTimeout(ms),
    random,
    every,
    engine: config.engine,
    outgoing: config.outgoing,
    newId: (kind) => composeId(kind, Date.now(), randomBytes(idBytes)),
    log,
    integrations: new CosmosCollection(collections.integrations, tools),
    integrationHealth: new CosmosCollection(collections.integrationHealth, tools),
    tasks: new CosmosCollection(collections.tasks, tools),
    conversionSchemas: new CosmosCollection(collections.conversionSchemas, tools),
    conversionContents: new CosmosCollection(collections.conversionContents, tools),
    shardTypes: new CosmosCollection(collections.shardTypes, tools),
    shardTypeContents: new CosmosCollection(collections.shardTypeContents, tools),
    apiKeys: new CosmosCollection(collections.apiKeys, tools),
    runs: new CosmosExecutionStore(tools),
    shards: new CosmosCollection(collections.shards, tools),
    journal: new CosmosCollection(collections.journal, tools),
    links: new CosmosCollection(collections.links, tools),
    keys: new CosmosCollection(collections.keys, tools),
    matchRules: new CosmosCollection(collections.matchRules, tools),
    matchRuleVersions: new CosmosCollection(collections.matchRuleVersions, tools),
    merges: new CosmosCollection(collections.merges, tools),
    mergeCandidates: new CosmosCollection(collections.mergeCandidates, tools),
    estate: new CosmosEstate(tools),
    erasures: new CosmosCollection(collections.erasures, tools),
    holds: new CosmosCollection(collections.holds, tools),
    holdRejections: new CosmosCollection(collections.holdRejections, tools),
    conflicts: new CosmosCollection(collections.conflicts, tools),
    conflictResolutions: new CosmosCollection(collections.conflictResolutions, tools),
    shardImages: new CosmosCollection(collections.shardImages, tools),
    leases: new CosmosCollection(collections.leases, tools),
    tokens: createTokenVerifier(config.auth),
    tenantSlots: new CosmosCollection(collections.tenantSlots, tools),
    audit: new CosmosCollection(collections.audit, tools),
    events: new CosmosCollection(collections.events, tools),
    deliveries: new CosmosCollection(collections.deliveries, tools, { requestsInFlight: 2 }),
    deliveryBodies: new BlobDeliveryBodies(storage),
    webhooks: config.webhooks,
    webhookTargets: new ProcessMemory(webhookTargetMs, Date.now),
    webhookTokens: createWebhookTokens({ allowPrivateAddresses: config.allowPrivateAddresses }),
    deliveryQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'deliveries'),
    webhookReplays: new CosmosCollection(collections.webhookReplays, tools),
    poison: new CosmosCollection(collections.poison, tools),
    publishedEvents: new CosmosCollection(collections.publishedEvents, tools),
    subscriptions: new CosmosCollection(collections.subscriptions, tools),
    endpoints: new CosmosCollection(collections.endpoints, tools),
    dispatches: new CosmosCollection(collections.dispatches, tools),
    eventReplays: new CosmosCollection(collections.eventReplays, tools),
    idempotency: new CosmosCollection(collections.idempotency, tools),
    due: new CosmosDueStore(tools, clockLane),
    healthDue: new CosmosDueStore(tools, healthLane),
    secrets: new KeyVaultSecrets(keyVault, Date.now),
    pushLanes: new CosmosCollection(collections.pushLanes, tools),
    pushQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'push-changes'),
    outgoingQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'deliver-webhooks'),
    webhookClient: createWebhookClient({
      allowPrivateAddresses: config.allowPrivateAddresses,
      timeoutMs: config.outgoing.timeoutMs,
    }),
    syncQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'sync-pages'),
    jobQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'jobs'),
    expressions: new ExpressionWorkers(new URL('./expressions.cjs', import.meta.url)),
    adapters,
    openCall: createOpenCall({ allowPrivateAddresses: config.allowPrivateAddresses }),
    readiness: readinessChecks(cosmos, storage, keyVault),
  };
});
