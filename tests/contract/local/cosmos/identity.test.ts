import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CosmosClient } from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CosmosServer, startCosmos } from '../../../../local/cosmos/server.ts';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';
import { openCertificate } from '../../../../local/tls/certificate.ts';
import { openCosmos } from '../../../../shared/azure/cosmos-client.ts';
import { eventually, refusal, refusedWith } from './account.ts';

let folder: string;
let identity: Identity;
let server: CosmosServer;
let agent: Agent;
let owner: CosmosClient;
const clients: CosmosClient[] = [];

const opened = (options: ConstructorParameters<typeof CosmosClient>[0]): CosmosClient => {
  const client = new CosmosClient(options);
  clients.push(client);
  return client;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cosmos-'));
  identity = await startIdentity();
  server = await startCosmos({ tlsFolder: folder, jwksUri: identity.jwksUri });
  agent = new Agent({ ca: openCertificate(folder, Date.now()).certificate, keepAlive: true });
  owner = opened({ endpoint: server.endpoint, key: server.key, agent });
  const { database } = await owner.databases.create({ id: 'd' });
  await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } });
});
afterAll(async () => {
  for (const client of clients) client.dispose();
  agent.destroy();
  await Promise.all([server.close(), identity.close()]);
  await rm(folder, { recursive: true });
});

/** An app's token from the endpoint that managed identities ask, for the resource of the scope that the SDK names. */
const asApp = (resourceOf: (scope: string) => string): TokenCredential => ({
  getToken: async (scopes) => {
    const scope = String([scopes].flat()[0]);
    const resource = resourceOf(scope.slice(0, -'/.default'.length));
    const url = `${identity.url}/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
    const response = await fetch(url, {
      headers: { 'x-identity-header': String(identity.environment['IDENTITY_HEADER']) },
    });
    const { access_token: token, expires_on: expiresOn } = (await response.json()) as Record<string, string>;
    if (token === undefined) throw new Error(`No token for ${resource}`);
    return { token, expiresOnTimestamp: Number(expiresOn) * 1000 };
  },
});
const withToken = (token: string): TokenCredential => ({
  getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
});
const clientOf = (aadCredentials: TokenCredential): CosmosClient =>
  opened({ endpoint: server.endpoint, aadCredentials, agent });

describe('an account over https', () => {
  it.each<[string, (resource: string) => string]>([
    ['its own endpoint', (resource) => resource],
    ['all accounts', () => 'https://cosmos.azure.com'],
  ])('lets in an app whose token is for %s: it works with items and reads metadata', async (_, resourceOf) => {
    const container = clientOf(asApp(resourceOf)).database('d').container('c');
    expect((await container.items.upsert({ id: 'a', pk: 'p' })).statusCode).toBeLessThan(300);
    expect((await container.item('a', 'p').read()).resource).toMatchObject({ id: 'a' });
    expect((await container.items.query('SELECT VALUE c.id FROM c').fetchAll()).resources).toEqual(['a']);
    expect((await container.read()).resource?.id).toBe('c');
    expect(await container.getFeedRanges()).toHaveLength(1);
  });

  it.each<[string, (client: CosmosClient) => Promise<unknown>]>([
    ['making a database', (client) => client.databases.create({ id: 'other' })],
    ['making a container', (client) => client.database('d').containers.create({ id: 'other', partitionKey: '/pk' })],
    ['deleting a container', (client) => client.database('d').container('c').delete()],
    ['reading throughput', (client) => client.offers.readAll().fetchAll()],
  ])('keeps the control plane from tokens: %s', async (_, act) => {
    expect(await refusal(act(clientOf(asApp((resource) => resource))))).toMatchObject({ code: 403, substatus: 5300 });
  });

  it('refuses a token for others, one that has expired, one of another issuer, and none', async () => {
    const token = (more: object) => identity.issueToken({ tenant: identity.homeTenantId, role: 'app', ...more });
    const stranger = await startIdentity();
    const tokens = [
      await token({ audience: 'https://vault.azure.net' }),
      await token({ audience: 'https://127.0.0.1:1' }),
      await token({ audience: server.endpoint, expiresInSeconds: -1 }),
      await stranger.issueToken({ tenant: identity.homeTenantId, role: 'app', audience: server.endpoint }),
      'nonsense',
    ];
    await stranger.close();
    for (const wrong of tokens)
      expect(await refusedWith(clientOf(withToken(wrong)).database('d').container('c').read())).toBe(401);
    const wrongKey = opened({ endpoint: server.endpoint, key: Buffer.from('wrong').toString('base64'), agent });
    expect(await refusedWith(wrongKey.database('d').container('c').read())).toBe(401);
  });

  it('goes on taking tokens after the issuer has changed its keys, old and new', async () => {
    const before = clientOf(withToken(await tokenFor(server.endpoint)));
    await identity.rotateKeys();
    const after = clientOf(withToken(await tokenFor(server.endpoint)));
    // The issuer is asked for its keys once a second at most.
    for (const client of [after, before])
      await eventually(
        () =>
          client
            .database('d')
            .container('c')
            .read()
            .then(
              ({ statusCode }) => statusCode,
              (error) => error.code,
            ),
        (status) => status === 200,
      );
  });

  const tokenFor = (audience: string): Promise<string> =>
    identity.issueToken({ tenant: identity.homeTenantId, role: 'app', audience });
});

describe('the product', () => {
  const trusted = getCACertificates();
  beforeEach(() => {
    setDefaultCACertificates([...trusted, openCertificate(folder, Date.now()).certificate]);
    return () => setDefaultCACertificates(trusted);
  });

  it('opens its containers as an identity', async () => {
    await owner.databases.createIfNotExists({ id: 'product' });
    await owner.database('product').containers.createIfNotExists({ id: 'leases', partitionKey: '/id' });
    const settings = { endpoint: server.endpoint, database: 'product', createContainers: false };
    const open = openCosmos(settings, async () => asApp((resource) => resource));
    const leases = await open('leases');
    expect((await leases.items.create({ id: 'a' })).statusCode).toBe(201);
    expect((await leases.item('a', 'a').read()).statusCode).toBe(200);
    leases.database.client.dispose();
  });
});

it('takes tokens over https only', async () => {
  await expect(startCosmos({ jwksUri: identity.jwksUri })).rejects.toThrow('tlsFolder');
});
