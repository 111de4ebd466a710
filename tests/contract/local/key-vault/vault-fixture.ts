import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { Agent, fetch } from 'undici';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';
import { type KeyVault, type KeyVaultOptions, startKeyVault } from '../../../../local/key-vault/server.ts';

export interface VaultFixture {
  readonly identity: Identity;
  readonly keyVault: KeyVault;
  readonly client: SecretClient;
  /** Sends a request past the SDK, with a token that is good unless another is given. */
  send(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; json: unknown }>;
  close(): Promise<void>;
}

export const VAULT_AUDIENCE = 'https://vault.azure.net';

/**
 * A vault with an issuer of its own, and the SDK on it. The SDK's managed-identity credential caches tokens for the whole
 * process, also those of issuers that are gone; so tokens come straight from the issuer here.
 */
export const startVaultFixture = async (
  options: KeyVaultOptions = {},
  retryOptions: { readonly maxRetries: number } = { maxRetries: 0 },
): Promise<VaultFixture> => {
  const identity = await startIdentity();
  const keyVault = await startKeyVault({ jwksUri: identity.jwksUri, ...options });
  const issue = (): Promise<string> =>
    identity.issueToken({ tenant: identity.homeTenantId, role: 'app', audience: VAULT_AUDIENCE });
  return {
    identity,
    keyVault,
    client: createClient(keyVault, issue, retryOptions),
    send: async (method, path, body, token) => request(keyVault, method, path, body, token ?? (await issue())),
    close: async () => {
      await Promise.all([keyVault.close(), identity.close()]);
    },
  };
};

export const createClient = (
  { url, certificate }: KeyVault,
  getToken: (scopes: unknown, tenantId: string | undefined) => Promise<string>,
  retryOptions: { readonly maxRetries: number } = { maxRetries: 0 },
): SecretClient => {
  const credential: TokenCredential = {
    getToken: async (scopes, asked) => ({
      token: await getToken(scopes, asked?.tenantId),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  };
  return new SecretClient(url, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: certificate },
    retryOptions,
  });
};

const request = async (
  { url, certificate }: KeyVault,
  method: string,
  path: string,
  body: unknown,
  bearer: string,
): Promise<{ status: number; json: unknown }> => {
  const dispatcher = new Agent({ connect: { ca: certificate } });
  try {
    const response = await fetch(url + path, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  } finally {
    await dispatcher.close();
  }
};

export const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
};
