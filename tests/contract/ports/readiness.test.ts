import { expect, test } from 'vitest';
import { startAzurite } from '../../../local/azurite.ts';
import { startCosmos } from '../../../local/cosmos/server.ts';
import { openCosmos } from '../../../shared/azure/cosmos-client.ts';
import { once } from '../../../shared/azure/once.ts';
import { readinessChecks } from '../../../shared/azure/readiness.ts';
import { openStorage } from '../../../shared/azure/storage.ts';
import { startVaultFixture } from '../local/key-vault/vault-fixture.ts';

const noIdentity = async () => {
  throw new Error('No identity is needed here');
};

test('ready when everything answers; not when something does not, or is not deployed', async () => {
  const [cosmos, azurite, vault] = await Promise.all([startCosmos(), startAzurite(), startVaultFixture()]);
  const settings = { endpoint: cosmos.endpoint, key: cosmos.key, database: 'ready', createContainers: true };
  const access = { kind: 'connection-string', connectionString: azurite.connectionString } as const;
  const storage = openStorage(access, noIdentity);
  const keyVault = once(async () => vault.client);

  const notDeployed = openCosmos({ ...settings, createContainers: false }, noIdentity);
  await expect(readinessChecks(notDeployed, storage, keyVault).cosmos()).rejects.toThrow(/not deployed/);

  const checks = readinessChecks(openCosmos(settings, noIdentity), storage, keyVault);
  expect(Object.keys(checks)).toEqual(['cosmos', 'storage', 'keyVault']);
  await Promise.all([checks.cosmos(), checks.storage(), checks.keyVault()]);

  await Promise.all([cosmos.close(), vault.close()]);
  await expect(checks.cosmos()).rejects.toThrow();
  await expect(checks.keyVault()).rejects.toThrow();
  await azurite.close();
  await expect(checks.storage()).rejects.toThrow();
}, 60_000);

test('not ready on an account whose reads may lag behind its writes', async () => {
  const cosmos = await startCosmos({ staleReadLagMs: 50 });
  const settings = { endpoint: cosmos.endpoint, key: cosmos.key, database: 'ready', createContainers: true };
  const access = { kind: 'connection-string', connectionString: 'unused' } as const;
  const checks = readinessChecks(openCosmos(settings, noIdentity), openStorage(access, noIdentity), noIdentity);
  await expect(checks.cosmos()).rejects.toThrow(/Strong consistency, not Session/);
  await cosmos.close();
});
