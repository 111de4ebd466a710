import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';

let identity: Identity;

beforeAll(async () => {
  identity = await startIdentity();
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => identity.close());

const useEnvironment = (): void => {
  for (const [name, value] of Object.entries(identity.environment)) {
    vi.stubEnv(name, value);
  }
};

describe('the managed identity', () => {
  it.each([
    ['DefaultAzureCredential', () => new DefaultAzureCredential(), 'https://vault.azure.net'],
    ['ManagedIdentityCredential', () => new ManagedIdentityCredential(), 'https://storage.azure.com'],
    [
      'ManagedIdentityCredential with a client id',
      () => new ManagedIdentityCredential({ clientId: 'a1b2c3d4-0000-4000-8000-000000000009' }),
      'https://cosmos.azure.com',
    ],
  ])('gives a token to an unmodified %s', async (_, createCredential, audience) => {
    useEnvironment();
    const { token, expiresOnTimestamp } = await createCredential().getToken(`${audience}/.default`);
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(identity.jwksUri)), {
      issuer: identity.issuer,
      audience,
    });
    expect(payload).toMatchObject({ tid: identity.homeTenantId, idtyp: 'app' });
    // The SDK counts from when the answer comes, in whole seconds.
    expect(Math.abs(expiresOnTimestamp - (payload.exp ?? 0) * 1000)).toBeLessThanOrEqual(2000);
  });

  it.each([
    ['no header', {}, '?api-version=2019-08-01&resource=https://vault.azure.net', 401],
    [
      'a wrong header',
      { 'x-identity-header': 'guess' },
      '?api-version=2019-08-01&resource=https://vault.azure.net',
      401,
    ],
    ['another version', undefined, '?api-version=2017-09-01&resource=https://vault.azure.net', 400],
    ['an unknown resource', undefined, '?api-version=2019-08-01&resource=https://unknown.example', 400],
  ])('refuses a request with %s', async (_, given, query, status) => {
    const headers = given ?? { 'x-identity-header': identity.environment['IDENTITY_HEADER'] ?? '' };
    const response = await fetch(`${identity.url}/msi/token${query}`, { headers: new Headers(headers) });
    expect(response.status).toBe(status);
    expect(await response.json()).not.toHaveProperty('access_token');
  });
});
