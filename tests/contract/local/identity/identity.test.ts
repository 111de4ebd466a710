import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, type IdentityOptions, startIdentity } from '../../../../local/identity/server.ts';

const started: Identity[] = [];
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((identity) => identity.close()));
  await rm(dataDir, { recursive: true });
});

const start = async (options: IdentityOptions = {}): Promise<Identity> => {
  const identity = await startIdentity({ dataDir, ...options });
  started.push(identity);
  return identity;
};

const verify = (identity: Identity, token: string, audience = identity.audience) =>
  jwtVerify(token, createRemoteJWKSet(new URL(identity.jwksUri)), {
    issuer: identity.issuer,
    audience,
    algorithms: ['RS256'],
  });

describe('user tokens', () => {
  it('carry the claims that Entra sends and verify by the published keys', async () => {
    const identity = await start();
    const token = await identity.issueToken({ tenant: 'demo', role: 'operator', subject: 'ada' });
    const { payload, protectedHeader } = await verify(identity, token);
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) });
    expect(payload).toMatchObject({
      iss: 'https://login.castiel.local/v2.0',
      aud: 'api://castiel-integrations',
      tid: 'demo',
      roles: ['operator'],
      name: 'ada',
      preferred_username: 'ada@demo.castiel.local',
      ver: '2.0',
      oid: expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  it('name the same person the same in every run, and persons of two tenants differently', async () => {
    const [first, second] = [await start(), await start({ port: 0 })];
    const oidOf = async (identity: Identity, tenant: string) =>
      (await verify(identity, await identity.issueToken({ tenant, role: 'viewer', subject: 'ada' }))).payload['oid'];
    expect(await oidOf(first, 'demo')).toBe(await oidOf(second, 'demo'));
    expect(await oidOf(first, 'demo')).not.toBe(await oidOf(first, 'other'));
  });

  it('are refused when expired or for another audience', async () => {
    const identity = await start();
    const expired = await identity.issueToken({ tenant: 'demo', role: 'viewer', expiresInSeconds: -1 });
    await expect(verify(identity, expired)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    const other = await identity.issueToken({ tenant: 'demo', role: 'viewer', audience: 'https://vault.azure.net' });
    await expect(verify(identity, other)).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
  });

  it('need a tenant and a role', async () => {
    const identity = await start();
    await expect(identity.issueToken({ tenant: '', role: 'admin' })).rejects.toThrow(RangeError);
    await expect(identity.issueToken({ tenant: 'demo', role: '' })).rejects.toThrow(RangeError);
  });
});

describe('keys', () => {
  it('survive a restart on another port, readable by the owner only', async () => {
    const first = await start();
    const token = await first.issueToken({ tenant: 'demo', role: 'admin' });
    const second = await start();
    expect(second.url).not.toBe(first.url);
    await expect(verify(second, token)).resolves.toBeDefined();
    expect((await stat(join(dataDir, 'identity', 'signing-keys.json'))).mode & 0o777).toBe(0o600);
  });

  it('rotate: new tokens get the new key, old ones stay valid, other processes see it', async () => {
    const [one, other] = [await start(), await start()];
    const before = await one.issueToken({ tenant: 'demo', role: 'admin' });
    const kid = await other.rotateKeys();
    const after = await one.issueToken({ tenant: 'demo', role: 'admin' });
    expect(decodeProtectedHeader(after).kid).toBe(kid);
    expect(decodeProtectedHeader(before).kid).not.toBe(kid);
    await verify(one, before);
    await verify(one, after);
  });

  it('drop out of the published ones 30 days after they retired', async () => {
    let aheadMs = 0;
    const identity = await start({ now: () => Date.now() + aheadMs });
    await identity.rotateKeys();
    const published = async () => ((await (await fetch(identity.jwksUri)).json()) as { keys: unknown[] }).keys;
    expect(await published()).toHaveLength(2);
    aheadMs = 31 * 86_400_000;
    await identity.rotateKeys();
    expect(await published()).toHaveLength(2);
  });

  it('are published without their private part', async () => {
    const identity = await start();
    const { keys } = (await (await fetch(identity.jwksUri)).json()) as { keys: Record<string, string>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'issuer', 'kid', 'kty', 'n', 'use']]);
  });

  it('are the same for two issuers that begin one directory at once', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    await verify(other, await one.issueToken({ tenant: 'demo', role: 'admin' }));
  });

  it('are not silently replaced when their file is damaged', async () => {
    await (await startIdentity({ dataDir })).close();
    const path = join(dataDir, 'identity', 'signing-keys.json');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 100));
    await expect(startIdentity({ dataDir })).rejects.toThrow('does not hold signing keys');
  });
});

describe('discovery', () => {
  it.each(['/demo/v2.0', '/common/v2.0', '/v2.0'])('at %s leads to the keys', async (path) => {
    const identity = await start();
    const response = await fetch(`${identity.url}${path}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({ issuer: identity.issuer, jwks_uri: identity.jwksUri });
  });

  it('answers 404 to anything else', async () => {
    const identity = await start();
    expect((await fetch(`${identity.url}/v2.0/authorize`)).status).toBe(404);
    expect((await fetch(identity.jwksUri, { method: 'POST' })).status).toBe(404);
  });
});

describe('client credentials', () => {
  const client = { clientId: 'job', clientSecret: 's3cret:/ü', tenant: 'demo', roles: ['operator'] };
  const ask = async (identity: Identity, form: Record<string, string>, headers = {}, tenant = 'demo') => {
    const response = await fetch(`${identity.url}/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: `${identity.audience}/.default`, ...form }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const inForm = { client_id: client.clientId, client_secret: client.clientSecret };

  it('give an application token, with the secret in the form or as basic authentication', async () => {
    const identity = await start({ clients: [client] });
    const basic = Buffer.from(`job:${encodeURIComponent(client.clientSecret)}`).toString('base64');
    for (const answer of [await ask(identity, inForm), await ask(identity, {}, { authorization: `Basic ${basic}` })]) {
      expect(answer.status).toBe(200);
      const { payload } = await verify(identity, answer.body['access_token'] ?? '');
      expect(payload).toMatchObject({ tid: 'demo', roles: ['operator'], azp: 'job', idtyp: 'app' });
    }
  });

  it.each([
    [{ client_secret: 'wrong' }, 'demo', 401, 'invalid_client'],
    [{ client_id: 'nobody' }, 'demo', 400, 'unauthorized_client'],
    [{}, 'other', 400, 'unauthorized_client'],
    [{ grant_type: 'password' }, 'demo', 400, 'unsupported_grant_type'],
    [{ scope: 'openid' }, 'demo', 400, 'invalid_scope'],
    [{ scope: 'https://unknown.example/.default' }, 'demo', 400, 'invalid_resource'],
  ])('refuse %j in tenant %s with %i %s', async (form, tenant, status, error) => {
    const answer = await ask(await start({ clients: [client] }), { ...inForm, ...form }, {}, tenant);
    expect(answer).toMatchObject({ status, body: { error, error_description: expect.stringMatching(/^AADSTS\d+: /) } });
  });

  it('of the default client stay the same over a restart', async () => {
    const [first, second] = [await start(), await start()];
    expect(first.clients).toEqual(second.clients);
  });
});
