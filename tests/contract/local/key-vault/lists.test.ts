import type { SecretProperties } from '@azure/keyvault-secrets';
import { describe, expect, it } from 'vitest';
import { collect, startVaultFixture } from './vault-fixture.ts';

interface SecretPage {
  readonly value: readonly { readonly id: string }[];
  readonly nextLink: string | null;
}

describe('lists', () => {
  it('page through all live secrets, all deleted ones and all versions, without values', async () => {
    const vault = await startVaultFixture();
    const names = Array.from({ length: 57 }, (_, index) => `n-${String(index).padStart(2, '0')}`);
    for (const name of names) {
      await vault.client.setSecret(name, 'hidden');
    }
    for (let version = 0; version < 30; version += 1) {
      await vault.client.setSecret('n-00', `v${version}`);
    }
    for (const name of names.slice(30)) {
      await vault.client.beginDeleteSecret(name);
    }
    const live = await collect(vault.client.listPropertiesOfSecrets());
    expect(live.map(({ name }) => name)).toEqual(names.slice(0, 30));
    expect(live.every(({ version }) => version === undefined)).toBe(true);
    const deleted = await collect(vault.client.listDeletedSecrets());
    expect(deleted.map(({ name }) => name)).toEqual(names.slice(30));
    expect(await collect(vault.client.listPropertiesOfSecretVersions('n-00'))).toHaveLength(31);
    const page = await vault.send('GET', '/secrets?api-version=2026-04-01&maxresults=7');
    expect((page.json as { value: SecretProperties[] }).value).toHaveLength(7);
    expect(JSON.stringify(page.json)).not.toContain('hidden');
    expect((await vault.send('GET', '/secrets?api-version=2026-04-01&maxresults=26')).status).toBe(400);
    await vault.close();
  });

  it('go on where a page ended, also after secrets have come and gone in between', async () => {
    const vault = await startVaultFixture();
    for (const name of ['b', 'd', 'f', 'h']) {
      await vault.client.setSecret(name, 'x');
    }
    const list = async (path: string) => {
      const { value, nextLink } = (await vault.send('GET', path)).json as SecretPage;
      return { names: value.map(({ id }) => id.split('/').at(-1)), nextLink };
    };
    const first = await list('/secrets?api-version=2026-04-01&maxresults=2');
    expect(first.names).toEqual(['b', 'd']);
    expect(first.nextLink?.startsWith(`${vault.keyVault.url}/secrets?`)).toBe(true);
    await (await vault.client.beginDeleteSecret('d', { intervalInMs: 5 })).pollUntilDone();
    await vault.client.setSecret('a', 'x');
    await vault.client.setSecret('g', 'x');
    const second = await list(first.nextLink?.slice(vault.keyVault.url.length) ?? '');
    expect(second.names).toEqual(['f', 'g']);
    const third = await list(second.nextLink?.slice(vault.keyVault.url.length) ?? '');
    expect(third).toEqual({ names: ['h'], nextLink: null });
    await vault.close();
  });

  it('keep disabled secrets, expired ones and those not valid yet, with what makes them so', async () => {
    const vault = await startVaultFixture();
    const [past, future] = [new Date('2020-01-01Z'), new Date('2037-01-01Z')];
    await vault.client.setSecret('disabled', 'x', { enabled: false });
    await vault.client.setSecret('early', 'x', { notBefore: future });
    await vault.client.setSecret('expired', 'x', { expiresOn: past });
    expect(await collect(vault.client.listPropertiesOfSecrets())).toMatchObject([
      { name: 'disabled', enabled: false },
      { name: 'early', enabled: true, notBefore: future },
      { name: 'expired', enabled: true, expiresOn: past },
    ]);
    await vault.close();
  });
});
