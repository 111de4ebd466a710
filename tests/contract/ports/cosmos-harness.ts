import { type Container, CosmosClient } from '@azure/cosmos';
import { startCosmos } from '../../../local/cosmos/server.ts';
import { containers } from '../../../shared/azure/containers.ts';
import { type OpenContainer, openCosmos } from '../../../shared/azure/cosmos-client.ts';
import type { StoreTools } from '../../../shared/azure/cosmos-collection.ts';
import { CosmosDueStore } from '../../../shared/azure/cosmos-due-store.ts';
import { CosmosExecutionStore } from '../../../shared/azure/cosmos-execution-store.ts';
import { openCollections } from '../../../shared/azure/open-collections.ts';
import { spareHashing } from '../../../shared/azure/spare-hashing.ts';
import { clockLane, healthLane } from '../../../shared/core/due.ts';
import { MemoryLog } from '../../kit/memory-services.ts';
import type { StoreHarness, Stores } from './port-harness.ts';

const database = 'port-test';
const rivalCount = 3;

/** The stores on a Cosmos at an endpoint, as the product opens it. */
export function openStores(endpoint: string, key: string, log: MemoryLog): Stores {
  return storesOn(openAsProduct(endpoint, key), log);
}

export function openAsProduct(endpoint: string, key: string): OpenContainer {
  return openCosmos({ endpoint, key, database, createContainers: true }, async () => {
    throw new Error('A key is given: no identity is needed');
  });
}

function storesOn(open: OpenContainer, log: MemoryLog): Stores {
  const tools: StoreTools = { open, log, random: Math.random };
  return {
    ...openCollections(tools),
    runs: new CosmosExecutionStore(tools),
    due: new CosmosDueStore(tools, clockLane),
    healthDue: new CosmosDueStore(tools, healthLane),
  };
}

/** What the reads of a harness's Cosmos show, and what its clients ask for. */
export interface Reads {
  /** Absent: every write at once. Otherwise reads may be so old, except for what their session has written. */
  readonly staleReadLagMs?: number;
  /** Clients send their session's token. */
  readonly inSession?: boolean;
}

/** A Cosmos of its own in memory, with the product's containers. Each of the rivals has a client, and so a session, of its own. */
export async function startCosmosHarness({ staleReadLagMs, inSession = false }: Reads = {}): Promise<StoreHarness> {
  const server = await startCosmos(staleReadLagMs === undefined ? {} : { staleReadLagMs });
  const { endpoint, key } = server;
  const log = new MemoryLog();
  await openAsProduct(endpoint, key)('due');
  const clients = Array.from(
    { length: rivalCount },
    () => new CosmosClient({ endpoint, key, ...(inSession ? { consistencyLevel: 'Session' } : {}) }),
  );
  const [first, ...others] = clients.map((client): OpenContainer => {
    return async (name) => {
      const container: Container = client.database(database).container(containers[name].name);
      spareHashing(container);
      return container;
    };
  });
  if (first === undefined) throw new Error('There is a client');
  const stores = storesOn(first, log);
  return {
    stores,
    rivals: [stores, ...others.map((open) => storesOn(open, log))],
    plant: async (container, document) => {
      await (await first(container)).items.create(document);
    },
    alerts: () => log.alerts.length,
    close: async () => {
      for (const client of clients) client.dispose();
      await server.close();
    },
  };
}
