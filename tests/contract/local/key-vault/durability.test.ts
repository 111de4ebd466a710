import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readyJsonLine, spawnReady } from '../../../../local/child-process.ts';
import { startIdentity } from '../../../../local/identity/server.ts';
import { startKeyVault } from '../../../../local/key-vault/server.ts';
import { startVaultFixture } from './vault-fixture.ts';

const run = promisify(execFile);
const MAIN = new URL('../../../../local/key-vault/main.ts', import.meta.url).pathname;
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'key-vault-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

describe('a vault with a data directory', () => {
  it('keeps secrets, versions, deletions and its certificate over a restart', async () => {
    const first = await startVaultFixture({ dataDir });
    const { properties } = await first.client.setSecret('kept', 'one', { tags: { a: 'b' } });
    await first.client.setSecret('kept', 'two');
    await first.client.setSecret('gone', 'x');
    await first.client.beginDeleteSecret('gone');
    await first.close();
    const second = await startVaultFixture({ dataDir });
    expect(second.keyVault.certificate).toBe(first.keyVault.certificate);
    expect((await second.client.getSecret('kept')).value).toBe('two');
    const old = await second.client.getSecret('kept', { version: properties.version ?? '' });
    expect(old).toMatchObject({ value: 'one', properties: { tags: { a: 'b' } } });
    expect((await second.client.getDeletedSecret('gone')).name).toBe('gone');
    await second.close();
  });

  it('has no value in clear on the disk, and its files for the owner only', async () => {
    const vault = await startVaultFixture({ dataDir });
    await vault.client.setSecret('name', 'correct horse battery staple');
    const folder = join(dataDir, 'key-vault');
    for (const file of await readdir(folder)) {
      expect((await readFile(join(folder, file))).includes('horse'), file).toBe(false);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'value.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'tls.pem'))).mode & 0o777).toBe(0o600);
    await vault.close();
  });

  it('does not start with new keys over old secrets', async () => {
    const vault = await startVaultFixture({ dataDir });
    await vault.client.setSecret('name', 'x');
    await vault.close();
    await rm(join(dataDir, 'key-vault', 'value.key'));
    await expect(startKeyVault({ dataDir })).rejects.toThrow('value.key is missing');
    await writeFile(join(dataDir, 'key-vault', 'value.key'), 'short');
    await expect(startKeyVault({ dataDir })).rejects.toThrow('does not hold a key');
  });

  it('fails rather than answer a value that was moved or changed on the disk', async () => {
    const first = await startVaultFixture({ dataDir });
    await first.client.setSecret('mine', 'my value');
    await first.client.setSecret('yours', 'your value');
    await first.close();
    const database = new DatabaseSync(join(dataDir, 'key-vault', 'secrets.sqlite'));
    database.exec(
      "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE name = 'yours') WHERE name = 'mine'",
    );
    database.close();
    const second = await startVaultFixture({ dataDir });
    await expect(second.client.getSecret('mine')).rejects.toMatchObject({ statusCode: 500 });
    expect((await second.client.getSecret('yours')).value).toBe('your value');
    await second.close();
  });
});

/** The product's own way: no option of the SDK but the one for the vault's name, everything else from the environment. */
const APP = `
  import { DefaultAzureCredential } from '@azure/identity';
  import { SecretClient } from '@azure/keyvault-secrets';
  const client = new SecretClient(process.env.VAULT_URL, new DefaultAzureCredential(), {
    disableChallengeResourceVerification: true,
  });
  if (process.env.SET !== undefined) await client.setSecret('app', process.env.SET);
  process.stdout.write((await client.getSecret('app')).value);`;

describe('the process', () => {
  it('serves an app that trusts it by NODE_EXTRA_CA_CERTS, and keeps what it acknowledged over SIGKILL', async () => {
    const identity = await startIdentity();
    const start = () =>
      spawnReady(process.execPath, [MAIN, '--data-dir', dataDir, '--jwks-uri', identity.jwksUri], {
        readLine: readyJsonLine((value) => value as { url: string; certificatePath: string }),
      });
    const runApp = async (ready: { url: string; certificatePath: string }, set: Record<string, string>) =>
      (
        await run(process.execPath, ['--input-type=module', '--eval', APP], {
          env: {
            ...process.env,
            ...identity.environment,
            ...set,
            NODE_EXTRA_CA_CERTS: ready.certificatePath,
            VAULT_URL: ready.url,
          },
        })
      ).stdout;
    const first = await start();
    expect(await runApp(first.ready, { SET: 'survives' })).toBe('survives');
    await first.stop('SIGKILL');
    const second = await start();
    expect(await runApp(second.ready, {})).toBe('survives');
    expect((await second.stop()).code).toBe(0);
    await identity.close();
  });
});
