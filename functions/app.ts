import { setTimeout } from 'node:timers/promises';
import { createOpenCall } from '../adapters/kit/open-call.ts';
import { createWebhookClient } from '../adapters/kit/webhook-client.ts';
import { createWebhookTokens } from '../adapters/kit/webhook-tokens.ts';
import { adapters } from '../adapters/registry.ts';
import { BlobDeliveryBodies } from '../shared/azure/blob-delivery-bodies.ts';
import { ClaimCheck } from '../shared/azure/claim-check.ts';
import { readConfig } from '../shared/azure/config.ts';
import { openCosmos } from '../shared/azure/cosmos-client.ts';
import { CosmosDueStore } from '../shared/azure/cosmos-due-store.ts';
import { CosmosEstate } from '../shared/azure/cosmos-estate.ts';
import { CosmosExecutionStore } from '../shared/azure/cosmos-execution-store.ts';
import { appIdentity, localCredential } from '../shared/azure/credential.ts';
import { KeyVaultSecrets, openKeyVault } from '../shared/azure/key-vault-secrets.ts';
import { createLog } from '../shared/azure/log.ts';
import { once } from '../shared/azure/once.ts';
import { openCollections } from '../shared/azure/open-collections.ts';
import { ProcessMemory } from '../shared/azure/process-memory.ts';
import { idRandom } from '../shared/azure/random-bytes.ts';
import { readinessChecks } from '../shared/azure/readiness.ts';
import { RefusalBook } from '../shared/azure/refusal-book.ts';
import { openStorage } from '../shared/azure/storage.ts';
import { startTelemetry } from '../shared/azure/telemetry.ts';
import { createTokenVerifier } from '../shared/azure/token-verifier.ts';
import { StorageWorkQueue } from '../shared/azure/work-queue.ts';
import { clockLane, healthLane } from '../shared/core/due.ts';
import { composeId } from '../shared/core/ids.ts';
import type { Deps } from '../shared/core/ports.ts';
import { systemScope } from '../shared/core/scope.ts';
import { traceparentOf } from '../shared/core/traceparent.ts';
import { ExpressionWorkers } from '../shared/sandbox/expression-workers.ts';
import { writeRefusals } from '../shared/use-cases/webhooks/write-refusals.ts';

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
  const stores = openCollections(tools);
  return {
    now,
    wait: (ms) => setTimeout(ms),
    random,
    every,
    engine: config.engine,
    outgoing: config.outgoing,
    newId: (kind) => composeId(kind, Date.now(), idRandom()),
    log,
    ...stores,
    runs: new CosmosExecutionStore(tools),
    estate: new CosmosEstate(tools),
    tokens: createTokenVerifier(config.auth),
    deliveryBodies: new BlobDeliveryBodies(storage),
    webhooks: config.webhooks,
    webhookTargets: new ProcessMemory(webhookTargetMs, Date.now),
    webhookTokens: createWebhookTokens({ allowPrivateAddresses: config.allowPrivateAddresses }),
    refusals: new RefusalBook({
      write: ({ tenantId, integrationId }, noted) => {
        const traceparent = traceparentOf(undefined, `refusals ${integrationId} ${Date.now()}`);
        return writeRefusals({ ...stores, now }, systemScope(tenantId, 'webhook', traceparent), integrationId, noted);
      },
      later: (ms, call) => void globalThis.setTimeout(() => void call(), ms).unref(),
      log,
    }),
    deliveryQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'deliveries'),
    due: new CosmosDueStore(tools, clockLane),
    healthDue: new CosmosDueStore(tools, healthLane),
    secrets: new KeyVaultSecrets(keyVault, Date.now),
    pushQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'push-changes'),
    outgoingQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'deliver-webhooks'),
    slowOutgoingQueue: new StorageWorkQueue(storage, new ClaimCheck(storage), Date.now, 'deliver-slow-webhooks'),
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
