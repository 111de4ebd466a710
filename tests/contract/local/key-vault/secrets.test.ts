import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, startVaultFixture, type VaultFixture } from './vault-fixture.ts';

let fixture: VaultFixture;

beforeAll(async () => {
  fixture = await startVaultFixture();
});
afterAll(() => fixture.close());

const newName = (): string => `s-${randomUUID()}`;
describe('set and get', () => {
  it('stores the value of the very first request of a client', async () => {
    const fresh = await startVaultFixture();
    await fresh.client.setSecret('first', 'not empty');
    expect((await fresh.client.getSecret('first')).value).toBe('not empty');
    await fresh.close();
  });

  it('keeps value, content type, tags and attributes', async () => {
    const [name, notBefore, expiresOn] = [newName(), new Date('2026-01-01Z'), new Date('2037-01-01Z')];
    const value = 'pässwörd \u0000 😀 "quoted"\n';
    await fixture.client.setSecret(name, value, { contentType: 'text/plain', tags: { a: '1' }, notBefore, expiresOn });
    const secret = await fixture.client.getSecret(name);
    expect(secret).toMatchObject({
      name,
      value,
      properties: {
        contentType: 'text/plain',
        tags: { a: '1' },
        enabled: true,
        notBefore,
        expiresOn,
        recoveryLevel: 'Recoverable+Purgeable',
        recoverableDays: 90,
        vaultUrl: fixture.keyVault.url,
        version: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    });
    expect(Date.now() - (secret.properties.createdOn?.getTime() ?? 0)).toBeLessThan(60_000);
  });

  it('gives every value a version that stays readable', async () => {
    const name = newName();
    const versions: string[] = [];
    for (const value of ['one', 'two', 'three']) {
      versions.push((await fixture.client.setSecret(name, value)).properties.version ?? '');
    }
    expect((await fixture.client.getSecret(name)).value).toBe('three');
    const values = await Promise.all(
      versions.map(async (version) => (await fixture.client.getSecret(name, { version })).value),
    );
    expect(values).toEqual(['one', 'two', 'three']);
    const listed = await collect(fixture.client.listPropertiesOfSecretVersions(name));
    expect(listed.map(({ version }) => version)).toEqual(versions);
  });

  it('finds a name in any case of letters', async () => {
    const name = newName();
    await fixture.client.setSecret(name, 'lower');
    await fixture.client.setSecret(name.toUpperCase(), 'upper');
    expect((await fixture.client.getSecret(name)).value).toBe('upper');
    expect(await collect(fixture.client.listPropertiesOfSecretVersions(name.toUpperCase()))).toHaveLength(2);
  });

  it('answers 404 SecretNotFound for a name and a version that are not there', async () => {
    const name = newName();
    const notFound = { statusCode: 404, code: 'SecretNotFound' };
    await expect(fixture.client.getSecret(name)).rejects.toMatchObject(notFound);
    await fixture.client.setSecret(name, 'x');
    await expect(fixture.client.getSecret(name, { version: 'f'.repeat(32) })).rejects.toMatchObject(notFound);
    expect(await collect(fixture.client.listPropertiesOfSecretVersions(newName()))).toEqual([]);
  });

  it('takes 25 KB and not a byte more', async () => {
    const name = newName();
    await fixture.client.setSecret(name, 'x'.repeat(25 * 1024));
    const tooLong = `${'x'.repeat(25 * 1024 - 1)}ü`;
    await expect(fixture.client.setSecret(name, tooLong)).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadParameter',
    });
    expect((await fixture.client.getSecret(name)).value).toHaveLength(25 * 1024);
  });
});

describe('attributes', () => {
  it('change without touching the value or what is not named', async () => {
    const name = newName();
    const { properties } = await fixture.client.setSecret(name, 'kept', { contentType: 'a', tags: { t: '1' } });
    const version = properties.version ?? '';
    await fixture.client.updateSecretProperties(name, version, { expiresOn: new Date('2030-01-01Z') });
    await fixture.client.updateSecretProperties(name, version, { tags: { t: '2' } });
    const secret = await fixture.client.getSecret(name);
    expect(secret).toMatchObject({
      value: 'kept',
      properties: { version, contentType: 'a', tags: { t: '2' }, expiresOn: new Date('2030-01-01Z') },
    });
  });

  it('let nobody read a disabled version, only that one, until it is enabled again', async () => {
    const name = newName();
    const first = (await fixture.client.setSecret(name, 'one')).properties.version ?? '';
    const second = (await fixture.client.setSecret(name, 'two', { enabled: false })).properties.version ?? '';
    await expect(fixture.client.getSecret(name)).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
    expect((await fixture.client.getSecret(name, { version: first })).value).toBe('one');
    await fixture.client.updateSecretProperties(name, second, { enabled: true });
    expect((await fixture.client.getSecret(name)).value).toBe('two');
  });

  it('leave expired and not yet valid secrets readable', async () => {
    const [expired, early] = [newName(), newName()];
    await fixture.client.setSecret(expired, 'old', { expiresOn: new Date('2020-01-01Z') });
    await fixture.client.setSecret(early, 'new', { notBefore: new Date('2037-01-01Z') });
    expect((await fixture.client.getSecret(expired)).value).toBe('old');
    expect((await fixture.client.getSecret(early)).value).toBe('new');
  });
});

describe('times that the SDK cannot write', () => {
  it('past January 2038 overflow in the SDK and are refused, not stored as the past', async () => {
    const beyond = { expiresOn: new Date('2040-01-01Z') };
    await expect(fixture.client.setSecret(newName(), 'x', beyond)).rejects.toMatchObject({ code: 'BadParameter' });
  });
});

describe('deletion', () => {
  it('is soft: the name is taken, the secret can be recovered with all its versions', async () => {
    const name = newName();
    await fixture.client.setSecret(name, 'one');
    await fixture.client.setSecret(name, 'two');
    const deleted = await (await fixture.client.beginDeleteSecret(name, { intervalInMs: 5 })).pollUntilDone();
    const days = (deleted.scheduledPurgeDate?.getTime() ?? 0) - (deleted.deletedOn?.getTime() ?? 0);
    expect(days).toBe(90 * 86_400_000);
    expect(deleted.recoveryId).toBe(`${fixture.keyVault.url}/deletedsecrets/${name}`);
    await expect(fixture.client.getSecret(name)).rejects.toMatchObject({ code: 'SecretNotFound' });
    await expect(fixture.client.setSecret(name, 'three')).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
    await expect(fixture.client.beginDeleteSecret(name)).rejects.toMatchObject({ statusCode: 404 });
    const recovered = await fixture.client.beginRecoverDeletedSecret(name, { intervalInMs: 5 });
    expect((await recovered.pollUntilDone()).name).toBe(name);
    expect((await fixture.client.getSecret(name)).value).toBe('two');
    expect(await collect(fixture.client.listPropertiesOfSecretVersions(name))).toHaveLength(2);
  });

  it('is for good after a purge; then the name is free and old versions are gone', async () => {
    const name = newName();
    const { properties } = await fixture.client.setSecret(name, 'one');
    await (await fixture.client.beginDeleteSecret(name, { intervalInMs: 5 })).pollUntilDone();
    await fixture.client.purgeDeletedSecret(name);
    await expect(fixture.client.getDeletedSecret(name)).rejects.toMatchObject({ statusCode: 404 });
    await expect(fixture.client.beginRecoverDeletedSecret(name)).rejects.toMatchObject({ statusCode: 404 });
    await fixture.client.setSecret(name, 'two');
    const version = properties.version ?? '';
    await expect(fixture.client.getSecret(name, { version })).rejects.toMatchObject({ statusCode: 404 });
  });

  it('ends in a purge when its time is over', async () => {
    let aheadMs = 0;
    const vault = await startVaultFixture({ recoverableDays: 7, now: () => Date.now() + aheadMs });
    await vault.client.setSecret('short', 'x');
    await (await vault.client.beginDeleteSecret('short', { intervalInMs: 5 })).pollUntilDone();
    expect((await vault.client.getDeletedSecret('short')).properties.recoveryLevel).toBe(
      'CustomizedRecoverable+Purgeable',
    );
    aheadMs = 7 * 86_400_000;
    // By the vault's clock the client's token has expired; this one lives long enough.
    const token = await vault.identity.issueToken({
      tenant: 'demo',
      role: 'admin',
      audience: 'https://vault.azure.net',
      expiresInSeconds: 8 * 86_400,
    });
    expect((await vault.send('GET', '/deletedsecrets?api-version=7.5', undefined, token)).json).toEqual({
      value: [],
      nextLink: null,
    });
    await vault.close();
  });

  it('waits for its time under purge protection', async () => {
    const vault = await startVaultFixture({ purgeProtection: true });
    await vault.client.setSecret('safe', 'x');
    await (await vault.client.beginDeleteSecret('safe', { intervalInMs: 5 })).pollUntilDone();
    await expect(vault.client.purgeDeletedSecret('safe')).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
    expect((await vault.client.getDeletedSecret('safe')).properties.recoveryLevel).toBe('Recoverable');
    await vault.close();
  });
});

describe('what the vault does not have', () => {
  it('is refused by name, also to the SDK', async () => {
    const name = newName();
    await fixture.client.setSecret(name, 'x');
    await expect(fixture.client.backupSecret(name)).rejects.toMatchObject({
      statusCode: 405,
      message: `This vault does not support POST /secrets/${name}/backup.`,
    });
    await expect(fixture.client.restoreSecretBackup(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({
      statusCode: 405,
      message: 'This vault does not support POST /secrets/restore.',
    });
  });
});

describe('requests that make no sense', () => {
  const version = 'api-version=2026-04-01';

  it.each([
    ['PUT', `/secrets/under_score?${version}`, { value: 'x' }, 400],
    ['PUT', `/secrets/${'n'.repeat(128)}?${version}`, { value: 'x' }, 400],
    ['PUT', `/secrets/n?${version}`, {}, 400],
    ['PUT', `/secrets/n?${version}`, { value: 7 }, 400],
    ['PUT', `/secrets/n?${version}`, '{"value":', 400],
    ['PUT', `/secrets/n?${version}`, { value: 'x', attributes: { exp: 'soon' } }, 400],
    ['PUT', `/secrets/n?${version}`, { value: 'x', tags: { a: 1 } }, 400],
    ['PUT', `/secrets/n?${version}`, { value: 'x'.repeat(300_000) }, 413],
    ['PUT', '/secrets/n', { value: 'x' }, 400],
    ['GET', '/secrets?api-version=1.0', undefined, 400],
    ['GET', `/secrets/%E0%A4%A?${version}`, undefined, 400],
    ['POST', `/secrets/n/backup?${version}`, undefined, 405],
    ['POST', `/secrets/restore?${version}`, {}, 405],
    ['GET', `/keys?${version}`, undefined, 405],
    ['GET', `/secrets/a/b/c?${version}`, undefined, 405],
  ])('%s %s is refused by name', async (method, path, body, status) => {
    const answer = await fixture.send(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
  });
});
