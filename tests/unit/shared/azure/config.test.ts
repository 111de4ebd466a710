import { expect, test } from 'vitest';
import { readConfig } from '../../../../shared/azure/config.ts';
import { defaultEngineSettings } from '../../../../shared/core/engine-settings.ts';
import { defaultOutgoingSettings } from '../../../../shared/core/outgoing/settings.ts';

const complete = {
  COSMOS_ENDPOINT: 'https://castiel.documents.azure.com:443/',
  AzureWebJobsStorage__accountName: 'castielstore',
  KEY_VAULT_URL: 'https://castiel.vault.azure.net/',
  AUTH_ISSUER: 'https://login.microsoftonline.com/x/v2.0',
  AUTH_AUDIENCE: 'api://castiel',
};

test('the least that a deployment sets: identity everywhere, nothing private, defaults for the rest', () => {
  expect(readConfig(complete)).toEqual({
    cosmos: { endpoint: complete.COSMOS_ENDPOINT, database: 'castiel', createContainers: false },
    storage: {
      kind: 'identity',
      queueUrl: 'https://castielstore.queue.core.windows.net',
      blobUrl: 'https://castielstore.blob.core.windows.net',
    },
    keyVault: { url: 'https://castiel.vault.azure.net', insecure: false },
    auth: { issuer: complete.AUTH_ISSUER, audience: 'api://castiel', tenantClaim: 'tid' },
    allowPrivateAddresses: false,
    webhooks: { forwardingHops: 1 },
    engine: defaultEngineSettings,
    outgoing: defaultOutgoingSettings,
  });
});

test('a machine of its own: keys, http on loopback, engine settings', () => {
  const config = readConfig({
    ...complete,
    COSMOS_ENDPOINT: 'http://127.0.0.1:8081',
    COSMOS_KEY: 'a2V5',
    CREATE_CONTAINERS: 'true',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    KEY_VAULT_URL: 'http://127.0.0.1:8443',
    KEY_VAULT_INSECURE: 'true',
    AUTH_JWKS_URI: 'http://localhost:9000/keys',
    AUTH_TENANT_CLAIM: 'tenant',
    ALLOW_PRIVATE_ADDRESSES: 'true',
    ENGINE_SLICE_MS: '5000',
    ENGINE_PAGES_PER_SLICE: '3',
  });
  expect(config.cosmos).toMatchObject({ key: 'a2V5', createContainers: true });
  expect(config.storage).toEqual({ kind: 'connection-string', connectionString: 'UseDevelopmentStorage=true' });
  expect(config.auth).toMatchObject({ jwksUri: 'http://localhost:9000/keys', tenantClaim: 'tenant' });
  expect(config.allowPrivateAddresses).toBe(true);
  expect(config.engine).toEqual({ ...defaultEngineSettings, sliceMs: 5000, pagesPerSlice: 3 });
});

test.each([
  [{}, undefined],
  [{ WEBSITE_HOSTNAME: 'castiel.azurewebsites.net' }, 'https://castiel.azurewebsites.net'],
  [{ WEBSITE_HOSTNAME: '127.0.0.1:7071' }, 'http://127.0.0.1:7071'],
  [{ WEBSITE_HOSTNAME: 'x', PUBLIC_URL: 'https://hooks.example/' }, 'https://hooks.example'],
])('senders reach the app as %j says', (settings, publicUrl) => {
  expect(readConfig({ ...complete, ...settings }).webhooks.publicUrl).toBe(publicUrl);
});

test('an empty setting counts as absent', () => {
  const config = readConfig({
    ...complete,
    COSMOS_KEY: '',
    AzureWebJobsStorage: '',
    APPLICATIONINSIGHTS_CONNECTION_STRING: '',
  });
  expect(config.cosmos.key).toBeUndefined();
  expect(config.storage.kind).toBe('identity');
});

test('one message names every bad setting and no value', () => {
  const read = () =>
    readConfig({
      COSMOS_ENDPOINT: 'http://castiel.documents.azure.com',
      COSMOS_KEY: 'not base 64!',
      CREATE_CONTAINERS: 'yes-please',
      KEY_VAULT_URL: 'nonsense-value',
      AUTH_ISSUER: 'https://issuer.example',
      ENGINE_ATTEMPTS: '0',
    });
  expect(read).toThrow(/COSMOS_ENDPOINT: must be https/);
  expect(read).toThrow(/COSMOS_KEY/);
  expect(read).toThrow(/CREATE_CONTAINERS/);
  expect(read).toThrow(/KEY_VAULT_URL/);
  expect(read).toThrow(/AUTH_AUDIENCE: is missing/);
  expect(read).toThrow(/ENGINE_ATTEMPTS/);
  expect(read).not.toThrow(/AUTH_ISSUER/);
  expect(read).not.toThrow(/not base 64|yes-please|nonsense-value/);
});

test('storage must be reachable somehow', () => {
  const { AzureWebJobsStorage__accountName: _, ...without } = complete;
  expect(() => readConfig(without)).toThrow(/AzureWebJobsStorage/);
  const half = { ...without, AzureWebJobsStorage__queueServiceUri: 'https://s.queue.core.windows.net' };
  expect(() => readConfig(half)).toThrow(/AzureWebJobsStorage/);
  const both = { ...half, AzureWebJobsStorage__blobServiceUri: 'https://s.blob.core.windows.net/' };
  expect(readConfig(both).storage).toMatchObject({ blobUrl: 'https://s.blob.core.windows.net' });
});

test.each([
  ['http without saying so', { KEY_VAULT_URL: 'http://127.0.0.1:1' }],
  ['no proof from a vault elsewhere', { KEY_VAULT_INSECURE: 'true' }],
])('a vault: %s is refused', (_name, change) => {
  expect(() => readConfig({ ...complete, ...change })).toThrow(/KEY_VAULT_INSECURE/);
});

test('a vault on this machine may speak https', () => {
  const config = readConfig({ ...complete, KEY_VAULT_URL: 'https://127.0.0.1:8443/', KEY_VAULT_INSECURE: 'true' });
  expect(config.keyVault).toEqual({ url: 'https://127.0.0.1:8443', insecure: true });
});
