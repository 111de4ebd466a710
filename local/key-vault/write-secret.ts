import type { SecretVersion, StoredSecret } from './secret-store.ts';
import { recoveryLevelOf, type VaultSettings } from './vault.ts';

/** Writes secrets as the service's JSON; `base` is the address by which the client reached the vault. */
export interface SecretWriter {
  /** With its value, if given; the id names the version. */
  bundle(version: SecretVersion, value?: string): Record<string, unknown>;
  /** Without a value; the id names the version only in a list of versions. */
  item(version: SecretVersion, isVersioned: boolean): Record<string, unknown>;
  deletedBundle(secret: StoredSecret): Record<string, unknown>;
  deletedItem(secret: StoredSecret): Record<string, unknown>;
}

export const createSecretWriter = (base: string, settings: VaultSettings): SecretWriter => {
  const bundle = (version: SecretVersion, value?: string): Record<string, unknown> => ({
    ...(value === undefined ? {} : { value }),
    ...(version.contentType === null ? {} : { contentType: version.contentType }),
    id: `${base}/secrets/${version.name}/${version.version}`,
    attributes: {
      enabled: version.enabled,
      ...(version.notBefore === null ? {} : { nbf: version.notBefore }),
      ...(version.expires === null ? {} : { exp: version.expires }),
      created: version.created,
      updated: version.updated,
      recoveryLevel: recoveryLevelOf(settings),
      recoverableDays: settings.recoverableDays,
    },
    tags: version.tags,
  });
  const item = (version: SecretVersion, isVersioned: boolean): Record<string, unknown> => ({
    ...bundle(version),
    ...(isVersioned ? {} : { id: `${base}/secrets/${version.name}` }),
  });
  const deletion = ({ name, deletion: when }: StoredSecret): Record<string, unknown> => ({
    recoveryId: `${base}/deletedsecrets/${name}`,
    ...(when === null ? {} : { deletedDate: when.deletedAt, scheduledPurgeDate: when.purgeAt }),
  });
  return {
    bundle,
    item,
    deletedBundle: (secret) => ({ ...deletion(secret), ...bundle(secret.latest) }),
    deletedItem: (secret) => ({ ...deletion(secret), ...item(secret.latest, false) }),
  };
};
