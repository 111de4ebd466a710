import { randomBytes } from 'node:crypto';
import type { Seal } from './seal.ts';
import { checkName, type SetBody, type UpdateBody } from './secret-body.ts';
import type { SecretStore, SecretVersion, StoredSecret } from './secret-store.ts';
import { secretNotFound, VaultError } from './vault-error.ts';

export interface VaultSettings {
  /** How long a deleted secret can be recovered, in days: 7 to 90. */
  readonly recoverableDays: number;
  /** Whether a deleted secret has to stay until its time is over. */
  readonly hasPurgeProtection: boolean;
}

interface OpenedSecret {
  readonly version: SecretVersion;
  readonly value: string;
}

/** What the vault does, apart from how requests and answers are written. Names may differ in case. */
export interface Vault {
  set(name: string, body: SetBody): OpenedSecret;
  /** The latest version, unless one is named. */
  get(name: string, version: string | undefined): OpenedSecret;
  update(name: string, version: string, body: UpdateBody): SecretVersion;
  delete(name: string): StoredSecret;
  getDeleted(name: string): StoredSecret;
  recover(name: string): StoredSecret;
  purge(name: string): void;
}

const DAY_SECONDS = 86_400;

/** Throws VaultError with the service's codes: SecretNotFound, Conflict, Forbidden, BadParameter. */
export const createVault = (store: SecretStore, seal: Seal, settings: VaultSettings, now: () => number): Vault => {
  const nowSeconds = (): number => Math.floor(now() / 1000);

  const find = (name: string): StoredSecret | undefined => store.find(checkName(name));
  const findLive = (name: string): StoredSecret => {
    const secret = find(name);
    if (secret === undefined || secret.deletion !== null) {
      throw secretNotFound(name);
    }
    return secret;
  };
  const findDeleted = (name: string): StoredSecret => {
    const secret = find(name);
    if (secret === undefined || secret.deletion === null) {
      throw secretNotFound(name);
    }
    return secret;
  };
  const findVersion = (name: string, version: string): SecretVersion => {
    const secret = findLive(name);
    const found = store.findVersion(name, version);
    if (found === undefined) {
      throw secretNotFound(`${name}/${version}`);
    }
    return { ...found, name: secret.name };
  };
  const placeOf = ({ name, version }: Pick<SecretVersion, 'name' | 'version'>): string =>
    `${name.toLowerCase()}/${version}`;

  return {
    set: (name, body) => {
      const before = find(name);
      if (before !== undefined && before.deletion !== null) {
        throw new VaultError(
          409,
          'Conflict',
          `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
          { innerCode: 'ObjectIsDeletedButRecoverable' },
        );
      }
      const identity = { name: before?.name ?? name, version: randomBytes(16).toString('hex') };
      const version: SecretVersion = {
        ...identity,
        sealed: seal.close(placeOf(identity), body.value),
        contentType: body.contentType ?? null,
        tags: body.tags ?? {},
        enabled: body.attributes?.enabled ?? true,
        notBefore: body.attributes?.nbf ?? null,
        expires: body.attributes?.exp ?? null,
        created: nowSeconds(),
        updated: nowSeconds(),
      };
      store.add(version);
      return { version, value: body.value };
    },
    get: (name, version) => {
      const found = version === undefined ? findLive(name).latest : findVersion(name, version);
      if (!found.enabled) {
        throw new VaultError(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', {
          innerCode: 'SecretDisabled',
        });
      }
      return { version: found, value: seal.open(placeOf(found), found.sealed) };
    },
    update: (name, version, body) => {
      const found = findVersion(name, version);
      const updated: SecretVersion = {
        ...found,
        contentType: body.contentType ?? found.contentType,
        tags: body.tags ?? found.tags,
        enabled: body.attributes?.enabled ?? found.enabled,
        notBefore: body.attributes?.nbf ?? found.notBefore,
        expires: body.attributes?.exp ?? found.expires,
        updated: nowSeconds(),
      };
      store.replaceAttributes(updated);
      return updated;
    },
    delete: (name) => {
      const secret = findLive(name);
      const deletedAt = nowSeconds();
      const deletion = { deletedAt, purgeAt: deletedAt + settings.recoverableDays * DAY_SECONDS };
      store.setDeletion(name, deletion);
      return { ...secret, deletion };
    },
    getDeleted: findDeleted,
    recover: (name) => {
      const secret = findDeleted(name);
      store.setDeletion(name, null);
      return { ...secret, deletion: null };
    },
    purge: (name) => {
      findDeleted(name);
      if (settings.hasPurgeProtection) {
        throw new VaultError(
          403,
          'Forbidden',
          'Operation "purge" is not allowed because purge protection is enabled.',
          {
            innerCode: 'OperationNotAllowed',
          },
        );
      }
      store.remove(name);
    },
  };
};

/** As the service names the combination of settings. */
export const recoveryLevelOf = ({ recoverableDays, hasPurgeProtection }: VaultSettings): string =>
  `${recoverableDays < 90 ? 'CustomizedRecoverable' : 'Recoverable'}${hasPurgeProtection ? '' : '+Purgeable'}`;
