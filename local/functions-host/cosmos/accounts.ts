import { ConfigurationError } from '../config/errors.ts';
import type { Settings } from '../config/settings.ts';
import { type CosmosConnection, cosmosConnection } from './connection.ts';
import type { CosmosAccounts } from './open-feed.ts';
import type { ChangeFeedTrigger } from './trigger.ts';

/** Makes the clients of triggers, one for each account. The SDK is loaded when the first one is asked for. */
export const createCosmosClients = (settings: Settings): ((trigger: ChangeFeedTrigger) => Promise<CosmosAccounts>) => {
  const clients = new Map<string, CosmosAccounts['monitored']>();
  return async (trigger) => {
    const { ChangeFeedStartFrom, CosmosClient } = await import('@azure/cosmos');
    const clientOf = async (name: string | undefined): Promise<CosmosAccounts['monitored']> => {
      const connection = cosmosConnection(name, settings);
      const id = JSON.stringify(connection);
      const known = clients.get(id);
      if (known !== undefined) {
        return known;
      }
      try {
        const client = new CosmosClient({ endpoint: connection.endpoint, ...(await credentialOf(connection)) });
        clients.set(id, client);
        return client;
      } catch (error) {
        throw new ConfigurationError(`The Cosmos DB connection "${name}" is wrong`, { cause: error });
      }
    };
    return {
      monitored: await clientOf(trigger.monitored.connection),
      leases: await clientOf(trigger.leases.connection),
      startFrom: ChangeFeedStartFrom,
    };
  };
};

const credentialOf = async (connection: CosmosConnection) => {
  if (connection.kind === 'key') {
    return { key: connection.key };
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  const { clientId } = connection;
  return {
    aadCredentials: new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId }),
  };
};
