import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CosmosServer, startCosmos } from '../../../../local/cosmos/server.ts';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';
import { openCertificate } from '../../../../local/tls/certificate.ts';
import { runHost } from './run-host.ts';

let folder: string;
let identity: Identity;
let server: CosmosServer;
let agent: Agent;
let owner: CosmosClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'change-feed-identity-'));
  identity = await startIdentity();
  server = await startCosmos({ tlsFolder: folder, jwksUri: identity.jwksUri });
  agent = new Agent({ ca: openCertificate(folder, Date.now()).certificate });
  owner = new CosmosClient({ endpoint: server.endpoint, key: server.key, agent });
});
afterEach(async () => {
  owner.dispose();
  agent.destroy();
  await Promise.all([server.close(), identity.close()]);
  await rm(folder, { recursive: true });
});

const runs = async (): Promise<string[]> => {
  const text = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => (JSON.parse(line) as { documents: { id: string }[] }).documents.map(({ id }) => id));
};

test('a connection without a key: the host reads the feed and keeps its leases as the identity of the machine', async () => {
  const { database } = await owner.databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } });
  await container.items.create({ id: 'a', pk: 'p' });
  const host = await runHost('change-feed', {
    APP_FUNCTIONS: 'fromBeginning',
    COSMOS__accountEndpoint: server.endpoint,
    DATABASE: database.id,
    RUNS_FILE: join(folder, 'runs'),
    NODE_EXTRA_CA_CERTS: String(server.certificatePath),
    ...identity.environment,
  });
  try {
    // An identity may not make the lease container; the host tries again until somebody else has made it.
    await expect
      .poll(() => host.stderr().includes('cannot be authorized by AAD token'), { timeout: 30_000 })
      .toBe(true);
    await database.containers.create({ id: 'leases', partitionKey: { paths: ['/id'] } });
    await expect.poll(runs, { timeout: 30_000 }).toEqual(['a']);
    await container.items.create({ id: 'b', pk: 'p' });
    await expect.poll(runs, { timeout: 30_000 }).toEqual(['a', 'b']);
  } finally {
    await host.stop();
  }
});
