import { CosmosClient } from '@azure/cosmos';
import { startCosmos } from '../../../local/cosmos/server.ts';
import { collections } from '../../../shared/azure/collections.ts';
import { openCosmos } from '../../../shared/azure/cosmos-client.ts';
import { CosmosCollection, type StoreTools } from '../../../shared/azure/cosmos-collection.ts';
import { CosmosDueStore } from '../../../shared/azure/cosmos-due-store.ts';
import { CosmosExecutionStore } from '../../../shared/azure/cosmos-execution-store.ts';
import { MemoryLog } from '../../kit/memory-services.ts';
import type { StoreHarness, Stores } from './port-harness.ts';

const database = 'port-test';

/** The stores on a Cosmos at an endpoint. */
export function openStores(endpoint: string, key: string, log: MemoryLog): Stores {
  const open = openCosmos({ endpoint, key, database, createContainers: true }, async () => {
    throw new Error('A key is given: no identity is needed');
  });
  const tools: StoreTools = { open, log, random: Math.random };
  return {
    integrations: new CosmosCollection(collections.integrations, tools),
    tasks: new CosmosCollection(collections.tasks, tools),
    apiKeys: new CosmosCollection(collections.apiKeys, tools),
    runs: new CosmosExecutionStore(tools),
    shards: new CosmosCollection(collections.shards, tools),
    links: new CosmosCollection(collections.links, tools),
    keys: new CosmosCollection(collections.keys, tools),
    matchRules: new CosmosCollection(collections.matchRules, tools),
    matchRuleVersions: new CosmosCollection(collections.matchRuleVersions, tools),
    merges: new CosmosCollection(collections.merges, tools),
    mergeCandidates: new CosmosCollection(collections.mergeCandidates, tools),
    shardImages: new CosmosCollection(collections.shardImages, tools),
    leases: new CosmosCollection(collections.leases, tools),
    audit: new CosmosCollection(collections.audit, tools),
    idempotency: new CosmosCollection(collections.idempotency, tools),
    due: new CosmosDueStore(tools),
  };
}

/** A Cosmos of its own in memory, with the product's containers. */
export async function startCosmosHarness(): Promise<StoreHarness> {
  const server = await startCosmos();
  const log = new MemoryLog();
  const stores = openStores(server.endpoint, server.key, log);
  const raw = new CosmosClient({ endpoint: server.endpoint, key: server.key }).database(database);
  return {
    stores,
    plant: async (container, document) => {
      await stores.due.listDue('2000-01-01T00:00:00.000Z', 1);
      await raw.container(container).items.create(document);
    },
    alerts: () => log.alerts.length,
    close: () => server.close(),
  };
}
