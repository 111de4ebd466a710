import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';
import { postToken, signInWithCode, type TokenAnswer } from './browser.ts';

let dataDir: string;
let aheadMs = 0;
const started: Identity[] = [];

const start = async (): Promise<Identity> => {
  const identity = await startIdentity({ dataDir, now: () => Date.now() + aheadMs });
  started.push(identity);
  return identity;
};

beforeEach(async () => {
  aheadMs = 0;
  dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((identity) => identity.close()));
  await rm(dataDir, { recursive: true });
});

const refresh = (
  identity: Identity,
  { body }: TokenAnswer,
  changes: Readonly<Record<string, string>> = {},
  tenant?: string,
): Promise<TokenAnswer> =>
  postToken(identity, { grant_type: 'refresh_token', refresh_token: body['refresh_token'] ?? '', ...changes }, tenant);

describe('a refresh token', () => {
  it('brings fresh tokens of the same person and the next refresh token', async () => {
    const identity = await start();
    const first = await signInWithCode(identity);
    aheadMs = 1_800_000;
    const second = await refresh(identity, first);
    expect(second.status).toBe(200);
    expect(second.body['refresh_token']).not.toBe(first.body['refresh_token']);
    const [before, after] = [first, second].map(({ body }) => decodeJwt(body['access_token'] ?? ''));
    expect(after).toMatchObject({ oid: before?.['oid'], tid: before?.['tid'], roles: before?.['roles'] });
    expect((after?.exp ?? 0) - (before?.exp ?? 0)).toBeGreaterThanOrEqual(1_800);
    expect(decodeJwt(second.body['id_token'] ?? '')).not.toHaveProperty('nonce');
    expect((await refresh(identity, second)).status).toBe(200);
  });

  it('that comes back after it was replaced ends the sign-in, also for its successor', async () => {
    const identity = await start();
    const first = await signInWithCode(identity);
    const second = await refresh(identity, first);
    expect(await refresh(identity, first)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(identity, second)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await refresh(identity, await signInWithCode(identity))).status).toBe(200);
  });

  it('is good for one of many that use it at the same time', async () => {
    const [identity, twin] = [await start(), await start()];
    const first = await signInWithCode(identity);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => refresh(index % 2 === 0 ? identity : twin, first)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('brings a token for another resource of the directory', async () => {
    const identity = await start();
    const { body } = await refresh(identity, await signInWithCode(identity), {
      scope: 'https://vault.azure.net/user_impersonation',
    });
    expect(decodeJwt(body['access_token'] ?? '')).toMatchObject({
      aud: 'https://vault.azure.net',
      scp: 'user_impersonation',
    });
  });

  it('lasts until a day after the sign-in, however often it is used', async () => {
    const identity = await start();
    const first = await signInWithCode(identity);
    aheadMs = 23 * 3_600_000;
    const second = await refresh(identity, first);
    expect(second.status).toBe(200);
    aheadMs = 24 * 3_600_000 + 1_000;
    const third = await refresh(identity, second);
    expect(third.body).toMatchObject({ error_description: expect.stringContaining('AADSTS700084') });
  });

  it('outlives a restart, and is on the disk as a digest only', async () => {
    const identity = await start();
    const first = await signInWithCode(identity);
    const token = first.body['refresh_token'] ?? 'none';
    const folder = join(dataDir, 'identity');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(folder)) {
      expect((await readFile(join(folder, file))).includes(token), file).toBe(false);
    }
    await started.splice(0)[0]?.close();
    expect((await refresh(await start(), first)).status).toBe(200);
  });

  it.each([
    ['an unknown application', { client_id: 'nobody' }, undefined, 'unauthorized_client'],
    ['another tenant', {}, 'northwind', 'invalid_grant'],
    ['a secret', { client_secret: 'x' }, undefined, 'invalid_client'],
    ['an unknown scope', { scope: 'files.read' }, undefined, 'invalid_scope'],
    ['another token', { refresh_token: '1.invented' }, undefined, 'invalid_grant'],
    ['no token', { refresh_token: '' }, undefined, 'invalid_request'],
  ])('is refused with %s, and stays good', async (_, changes, tenant, error) => {
    const identity = await start();
    const first = await signInWithCode(identity);
    expect((await refresh(identity, first, changes, tenant)).body).toMatchObject({ error });
    expect((await refresh(identity, first)).status).toBe(200);
  });
});
