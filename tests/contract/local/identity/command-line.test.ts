import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readyJsonLine, spawnReady } from '../../../../local/child-process.ts';

const run = promisify(execFile);
const MAIN = new URL('../../../../local/identity/main.ts', import.meta.url).pathname;
const ROTATE_KEYS = new URL('../../../../local/identity/rotate-keys.ts', import.meta.url).pathname;
const TOKEN = new URL('../../../../local/identity/token.ts', import.meta.url).pathname;
const printToken = (...args: string[]) => run(process.execPath, [TOKEN, ...args]);
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

describe('npm run token', () => {
  it('prints a token that the issuer accepts, before and while it runs', async () => {
    const ask = ['--tenant', 'demo', '--role', 'admin', '--data-dir', dataDir];
    const early = await printToken(...ask, '--expires-in', '60');
    const issuer = await spawnReady(process.execPath, [MAIN, '--data-dir', dataDir], {
      readLine: readyJsonLine((value) => value as { issuer: string; audience: string; jwksUri: string }),
    });
    const keys = createRemoteJWKSet(new URL(issuer.ready.jwksUri));
    try {
      await run(process.execPath, [ROTATE_KEYS, '--data-dir', dataDir]);
      const late = await printToken(...ask, '--subject', 'grace');
      for (const { stdout, stderr } of [early, late]) {
        expect(stderr).toBe('');
        expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
        const { payload } = await jwtVerify(stdout.trim(), keys, issuer.ready);
        expect(payload).toMatchObject({ tid: 'demo', roles: ['admin'] });
      }
    } finally {
      expect((await issuer.stop()).code).toBe(0);
    }
  });

  it.each([
    [['--role', 'admin']],
    [['--tenant', 'demo']],
    [['--tenant', 'demo', '--role', 'owner']],
    [['--tenant', 'demo', '--role', 'admin', '--expires-in', '0']],
    [['--colour', 'red']],
  ])('refuses %j', async (given) => {
    await expect(printToken(...given, '--data-dir', dataDir)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('usage: npm run token'),
    });
  });
});
