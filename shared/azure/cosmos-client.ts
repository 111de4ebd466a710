import type { Container, ContainerRequest, CosmosClient } from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import type { Config } from './config.ts';
import { type ContainerName, containerDefinitions, containers } from './containers.ts';
import { once } from './once.ts';
import { spareHashing } from './spare-hashing.ts';

/** Opens a container of the deployment's database. */
export type OpenContainer = (name: ContainerName) => Promise<Container>;

/** A request that takes longer has lost its answer. */
const requestTimeoutMs = 10_000;

/**
 * The database's containers; the SDK is loaded at the first use. The SDK repeats a throttled request twice; the stores do the rest, where
 * it is seen and bounded.
 */
export function openCosmos(settings: Config['cosmos'], credential: () => Promise<TokenCredential>): OpenContainer {
  const client = once(async () => {
    const { CosmosClient } = await import('@azure/cosmos');
    const opened = new CosmosClient({
      endpoint: settings.endpoint,
      ...(settings.key === undefined ? { aadCredentials: await credential() } : { key: settings.key }),
      connectionPolicy: {
        requestTimeout: requestTimeoutMs,
        retryOptions: { maxRetryAttemptCount: 2, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 5 },
      },
    });
    if (settings.createContainers) await createContainers(opened, settings.database);
    return opened;
  });
  const opened = new Map<ContainerName, Container>();
  return async (name) => {
    const present = opened.get(name);
    if (present !== undefined) return present;
    const container = (await client()).database(settings.database).container(containers[name].name);
    spareHashing(container);
    opened.set(name, container);
    return container;
  };
}

/** Creates what is missing of the database and its containers. */
async function createContainers(client: CosmosClient, databaseName: string): Promise<void> {
  const { database } = await client.databases.createIfNotExists({ id: databaseName });
  // The SDK's enumerations are the very strings of the definitions.
  const requests = containerDefinitions() as object[] as ContainerRequest[];
  await Promise.all(requests.map((request) => database.containers.createIfNotExists(request)));
}
