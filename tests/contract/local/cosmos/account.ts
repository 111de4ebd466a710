import { randomUUID } from 'node:crypto';
import { type Container, type ContainerDefinition, CosmosClient, type Database } from '@azure/cosmos';
import { type CosmosOptions, type CosmosServer, startCosmos } from '../../../../local/cosmos/server.ts';

/** A server in this process with one database, reached through the real SDK. */
export interface Account {
  readonly server: CosmosServer;
  readonly client: CosmosClient;
  readonly database: Database;
  /** A new container; its partition key is `/pk` unless the definition says otherwise. */
  container(definition?: Partial<ContainerDefinition>): Promise<Container>;
  close(): Promise<void>;
}

/** Starts an account in memory. */
export async function startAccount(serverOptions: CosmosOptions = {}): Promise<Account> {
  const server = await startCosmos(serverOptions);
  const client = new CosmosClient({ endpoint: server.endpoint, key: server.key });
  const { database } = await client.databases.create({ id: 'test' });
  return {
    server,
    client,
    database,
    async container(definition = {}) {
      const { container } = await database.containers.create({
        id: `c-${randomUUID()}`,
        partitionKey: { paths: ['/pk'], version: 2 },
        ...definition,
      });
      return container;
    },
    async close() {
      client.dispose();
      await server.close();
    },
  };
}

/** The error with which work was refused. Fails when it was not. */
export async function refusal(work: Promise<unknown>): Promise<{ code: unknown; substatus: unknown; message: string }> {
  try {
    await work;
  } catch (error) {
    const { code, substatus, message } = error as { code?: unknown; substatus?: unknown; message: string };
    return { code, substatus, message };
  }
  throw new Error('Expected a refusal, but it was accepted.');
}

/** The status code of a refusal. */
export async function refusedWith(work: Promise<unknown>): Promise<unknown> {
  return (await refusal(work)).code;
}

/** Asks until the answer is as wanted, for at most `deadlineMs`. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  deadlineMs = 40_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`Not as wanted in ${deadlineMs} ms: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
