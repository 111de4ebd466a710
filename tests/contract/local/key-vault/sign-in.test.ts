import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentity } from '../../../../local/identity/server.ts';
import { startKeyVault } from '../../../../local/key-vault/server.ts';
import { createClient, startVaultFixture, VAULT_AUDIENCE, type VaultFixture } from './vault-fixture.ts';

let fixture: VaultFixture;

beforeAll(async () => {
  fixture = await startVaultFixture();
});
afterAll(() => fixture.close());

describe('the vault', () => {
  it('challenges with the tenant and the resource, of which the SDK makes the scope', async () => {
    const asked: unknown[] = [];
    const client = createClient(fixture.keyVault, (scopes, tenantId) => {
      asked.push({ scopes, tenantId });
      return fixture.identity.issueToken({ tenant: 'demo', role: 'admin', audience: VAULT_AUDIENCE });
    });
    await client.setSecret('challenged', 'x');
    expect(asked).toEqual([{ scopes: [`${VAULT_AUDIENCE}/.default`], tenantId: fixture.identity.homeTenantId }]);
  });

  it.each([
    ['for another audience', () => fixture.identity.issueToken({ tenant: 'demo', role: 'admin' })],
    [
      'that has expired',
      () =>
        fixture.identity.issueToken({ tenant: 'demo', role: 'admin', audience: VAULT_AUDIENCE, expiresInSeconds: -1 }),
    ],
    ['that is no token', async () => 'nonsense'],
    [
      'signed by someone else',
      async () => {
        const other = await startIdentity();
        const token = await other.issueToken({ tenant: 'demo', role: 'admin', audience: VAULT_AUDIENCE });
        await other.close();
        return token;
      },
    ],
    [
      'whose signature was cut off',
      async () => {
        const token = await fixture.identity.issueToken({ tenant: 'demo', role: 'admin', audience: VAULT_AUDIENCE });
        return `${token.slice(0, token.lastIndexOf('.'))}.`;
      },
    ],
  ])('refuses a token %s', async (_, getToken) => {
    const client = createClient(fixture.keyVault, getToken);
    await expect(client.setSecret('refused', 'x')).rejects.toMatchObject({ statusCode: 401, code: 'Unauthorized' });
    await expect(fixture.client.getSecret('refused')).rejects.toMatchObject({ statusCode: 404 });
  });

  it('takes tokens signed before and after a rotation of keys', async () => {
    const request = { tenant: 'demo', role: 'admin', audience: VAULT_AUDIENCE };
    const before = await fixture.identity.issueToken(request);
    await fixture.identity.rotateKeys();
    const after = await fixture.identity.issueToken(request);
    for (const token of [before, after]) {
      await expect
        .poll(async () => (await fixture.send('GET', '/secrets?api-version=7.5', undefined, token)).status, {
          timeout: 40_000,
        })
        .toBe(200);
    }
  });

  it('refuses another issuer', async () => {
    const vault = await startVaultFixture({ issuer: 'https://issuer.example' });
    expect((await vault.send('GET', '/secrets?api-version=7.5')).status).toBe(401);
    await vault.close();
  });

  it('checks issuer, audience and times also where it has no keys to check signatures by', async () => {
    const keyless = await startKeyVault();
    const statusFor = async (claims: { audience?: string; expiresInSeconds?: number }): Promise<number | undefined> => {
      const client = createClient(keyless, () =>
        fixture.identity.issueToken({ tenant: 'demo', role: 'admin', audience: VAULT_AUDIENCE, ...claims }),
      );
      return client.setSecret('keyless', 'x').then(
        () => 200,
        (error: { statusCode?: number }) => error.statusCode,
      );
    };
    expect(await statusFor({})).toBe(200);
    expect(await statusFor({ audience: 'api://castiel-integrations' })).toBe(401);
    expect(await statusFor({ expiresInSeconds: -1 })).toBe(401);
    await keyless.close();
  });

  it('throttles over its limit, and the SDK comes again when it was told to', async () => {
    const impatient = await startVaultFixture({ throttle: { requests: 2, windowMs: 600_000 } });
    const statuses: number[] = [];
    for (let request = 0; request < 3; request += 1) {
      statuses.push((await impatient.send('GET', '/secrets?api-version=7.5')).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    await impatient.close();
    const patient = await startVaultFixture({ throttle: { requests: 2, windowMs: 1_500 } }, { maxRetries: 3 });
    for (const name of ['a', 'b', 'c']) {
      expect((await patient.client.setSecret(name, name)).value).toBe(name);
    }
    await patient.close();
  });
});
