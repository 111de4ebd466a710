import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KeyVaultSecrets, vaultNameOf } from '../../../shared/azure/key-vault-secrets.ts';
import { sampleTenant } from '../../kit/sample-documents.ts';
import { startVaultFixture, type VaultFixture } from '../local/key-vault/vault-fixture.ts';
import { scopeOf } from './port-harness.ts';
import { secretStoreSuite } from './secret-store-suite.ts';

const open = (fixture: VaultFixture, nowMs: () => number = Date.now) =>
  new KeyVaultSecrets(async () => fixture.client, nowMs);

describe.each([
  ['a vault that may purge', false],
  ['a vault with purge protection', true],
])('%s', (_name, purgeProtection) => {
  let fixture: VaultFixture;
  beforeAll(async () => {
    fixture = await startVaultFixture({ purgeProtection });
  });
  afterAll(() => fixture.close());

  secretStoreSuite(() => open(fixture));

  test('people see whose secret it is; the name tells nothing', async () => {
    const scope = scopeOf(sampleTenant());
    await open(fixture).put(scope, 'int_1', 'value');
    const secret = await fixture.client.getSecret(vaultNameOf(scope.tenantId, 'int_1'));
    expect(secret.properties.tags).toEqual({ tenantId: scope.tenantId, name: 'int_1' });
    expect(secret.name).not.toContain(scope.tenantId);
  });

  test('many new values at once all become versions', async () => {
    const scope = scopeOf(sampleTenant());
    await open(fixture).put(scope, 'int_1', 'first');
    await open(fixture).erase(scope, 'int_1');
    const values = ['a', 'b', 'c', 'd'];
    const versions = await Promise.all(values.map((value) => open(fixture).put(scope, 'int_1', value)));
    const read = await Promise.all(versions.map((version) => open(fixture).get(scope, 'int_1', version)));
    expect(read).toEqual(values);
  });
});

describe('the memory of secrets', () => {
  test('answers for a minute without the vault, then not', async () => {
    const fixture = await startVaultFixture();
    let nowMs = 0;
    const secrets = open(fixture, () => nowMs);
    const scope = scopeOf(sampleTenant());
    const version = await secrets.put(scope, 'int_1', 'value');
    expect(await secrets.get(scope, 'int_1', version)).toBe('value');
    await fixture.close();
    nowMs = 59_000;
    expect(await secrets.get(scope, 'int_1', version)).toBe('value');
    nowMs = 60_000;
    await expect(secrets.get(scope, 'int_1', version)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(secrets.put(scope, 'int_1', 'other')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(secrets.erase(scope, 'int_1')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('an erased secret is forgotten at once', async () => {
    const fixture = await startVaultFixture();
    const secrets = open(fixture);
    const scope = scopeOf(sampleTenant());
    const version = await secrets.put(scope, 'int_1', 'value');
    expect(await secrets.get(scope, 'int_1', version)).toBe('value');
    await secrets.erase(scope, 'int_1');
    await expect(secrets.get(scope, 'int_1', version)).rejects.toMatchObject({ code: 'not-connected' });
    await fixture.close();
  });
});
