import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { type ContainerName, containers } from '../shared/azure/containers.ts';
import { DurableOrchestrations } from '../shared/azure/durable-orchestrations.ts';
import type { DeliveredChanges, FeedDeps } from '../shared/use-cases/visit-changes.ts';
import { getDeps } from './app.ts';

/**
 * Registers a function that a container's change feed wakes, from the beginning of the container on, under leases of its own. A batch that fails
 * is delivered again without end: who works on it sets aside what never works.
 */
export function onChanges(
  name: string,
  container: ContainerName,
  work: (deps: FeedDeps, changes: DeliveredChanges) => Promise<unknown>,
): void {
  app.cosmosDB(name, {
    connection: 'COSMOS',
    databaseName: '%COSMOS_DATABASE%',
    containerName: containers[container].name,
    leaseContainerName: containers.feedLeases.name,
    leaseContainerPrefix: `${name}-`,
    startFromBeginning: true,
    feedPollDelay: 1000,
    maxItemsPerInvocation: 100,
    extraInputs: [df.input.durableClient()],
    retry: {
      strategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 1 },
      maximumInterval: { minutes: 1 },
    },
    handler: async (documents: unknown[], context: InvocationContext) => {
      const { invocationId, retryContext } = context;
      const deps = { ...(await getDeps()), orchestrations: new DurableOrchestrations(df.getClient(context)) };
      await work(deps, { documents, invocationId, failures: retryContext?.retryCount ?? 0 });
    },
  });
}
