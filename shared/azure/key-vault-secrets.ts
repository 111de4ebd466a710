import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { SecretClient } from '@azure/keyvault-secrets';
import { AppError } from '../core/app-error.ts';
import type { SecretStore } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { once } from './once.ts';

export interface KeyVaultSettings {
  readonly url: string;
  /** The vault is on this machine: its address cannot prove whose it is, and it may speak http. */
  readonly insecure: boolean;
}

/** Opens the vault's client; its SDK is loaded at the first call. */
export function openKeyVault(
  settings: KeyVaultSettings,
  credential: () => Promise<TokenCredential>,
): () => Promise<SecretClient> {
  return once(async () => {
    const sdk = await import('@azure/keyvault-secrets');
    return new sdk.SecretClient(
      settings.url,
      await credential(),
      settings.insecure
        ? { allowInsecureConnection: settings.url.startsWith('http:'), disableChallengeResourceVerification: true }
        : {},
    );
  });
}

/** How often a deleted or recovering secret is asked for, in milliseconds. */
const pollMs = 500;
const cachedSecrets = 500;
const cachedForMs = 60_000;

/**
 * Credentials in Key Vault. A new value is a new version of the same secret, never a delete and a create: under soft-delete the name
 * would be blocked. A secret that waits for its purge is recovered before it gets its new version.
 */
export class KeyVaultSecrets implements SecretStore {
  readonly #client: () => Promise<SecretClient>;
  /** By vault name and version: versions never change, so only erasing makes an entry wrong, and its short life bounds that elsewhere. */
  readonly #cache: ExpiringCache<string>;
  readonly #nowMs: () => number;

  constructor(client: () => Promise<SecretClient>, nowMs: () => number) {
    this.#client = client;
    this.#cache = new ExpiringCache(cachedSecrets, nowMs);
    this.#nowMs = nowMs;
  }

  async put(scope: Scope, name: string, value: string): Promise<string> {
    const vaultName = vaultNameOf(scope.tenantId, name);
    const client = await this.#client();
    const options = { tags: { tenantId: scope.tenantId, name: name.slice(0, 256) } };
    const set = () => client.setSecret(vaultName, value, options);
    const secret = await set().catch(async (error: unknown) => {
      if (statusOf(error) !== 409) throw unavailable(error);
      await recover(client, vaultName);
      return set();
    });
    const version = secret.properties.version;
    if (version === undefined) throw new Error(`Key Vault stored ${vaultName} without telling its version`);
    return version;
  }

  async get(scope: Scope, name: string, version: string): Promise<string> {
    const vaultName = vaultNameOf(scope.tenantId, name);
    const cached = this.#cache.get(`${vaultName}/${version}`);
    if (cached !== undefined) return cached;
    if (version === '') throw new Error('A secret is read by its version, never as the latest');
    const client = await this.#client();
    const secret = await client.getSecret(vaultName, { version }).catch((error: unknown) => {
      if (statusOf(error) === 404) {
        throw new AppError('not-connected', { detail: 'The stored credential is gone: connect again.', cause: error });
      }
      throw unavailable(error);
    });
    if (secret.value === undefined) throw new Error(`Key Vault answered ${vaultName} without a value`);
    this.#cache.set(`${vaultName}/${version}`, secret.value, this.#nowMs() + cachedForMs);
    return secret.value;
  }

  async erase(scope: Scope, name: string): Promise<void> {
    const vaultName = vaultNameOf(scope.tenantId, name);
    this.#cache.forget((key) => key.startsWith(`${vaultName}/`));
    const client = await this.#client();
    try {
      const poller = await client.beginDeleteSecret(vaultName, { intervalInMs: pollMs });
      await poller.pollUntilDone();
    } catch (error) {
      // 409: it is being deleted already.
      const status = statusOf(error);
      if (status !== 404 && status !== 409) throw unavailable(error);
    }
    await client.purgeDeletedSecret(vaultName).catch((error: unknown) => {
      // 404: nothing is left. 403 and 409: the vault's purge protection keeps it, unreadable, until its retention ends.
      const status = statusOf(error);
      if (status !== 404 && status !== 403 && status !== 409) throw unavailable(error);
    });
  }
}

/**
 * The vault's name of a tenant's secret: a hash over both, each led by its length, so that no two pairs can meet in one name whatever
 * characters they have. Vault names are up to 127 letters, digits and hyphens.
 */
export function vaultNameOf(tenantId: string, name: string): string {
  const hash = createHash('sha256').update(`${tenantId.length}:${tenantId}${name.length}:${name}`);
  return `c-${hash.digest('hex')}`;
}

async function recover(client: SecretClient, vaultName: string): Promise<void> {
  try {
    const poller = await client.beginRecoverDeletedSecret(vaultName, { intervalInMs: pollMs });
    await poller.pollUntilDone();
  } catch (error) {
    // 404: it was recovered, or purged, in the meantime; 409: someone else is recovering it.
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw unavailable(error);
  }
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function unavailable(cause: unknown): AppError {
  return new AppError('unavailable', { detail: 'The credential store does not answer right now.', cause });
}
