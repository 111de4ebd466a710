import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { ask, commonJsSettings, type RunningHost, runHost } from './run-host.ts';

const keyFile = z.object({ masterKey: z.string(), functionKeys: z.object({ default: z.string() }) });

let azurite: Azurite;
let folder: string;
let host: RunningHost;
let keys: z.infer<typeof keyFile>;

beforeAll(async () => {
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), 'keys-test-'));
  const file = join(folder, 'keys.json');
  host = await runHost('commonjs', commonJsSettings(azurite.connectionString), ['--keys-file', file]);
  keys = keyFile.parse(JSON.parse(await readFile(file, 'utf8')));
  expect((await stat(file)).mode & 0o077).toBe(0);
});
afterAll(async () => {
  await host.stop();
  await azurite.close();
  await rm(folder, { recursive: true });
});

const statusOf = async (path: string, key?: string): Promise<number> => {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-functions-key': key };
  return (await fetch(`${host.ready.url}${path}`, { headers })).status;
};

test('a function of level "function" takes a host key or the master key, in header or query', async () => {
  const { masterKey, functionKeys } = keys;
  expect(await statusOf('/api/keyed')).toBe(401);
  expect(await statusOf('/api/keyed', 'wrong')).toBe(401);
  expect(await statusOf('/api/keyed', functionKeys.default)).toBe(200);
  expect(await statusOf(`/api/keyed?code=${functionKeys.default}`)).toBe(200);
  expect(await statusOf('/api/keyed', masterKey)).toBe(200);
  expect(await statusOf(`/api/keyed?code=${functionKeys.default}`, 'wrong')).toBe(401);
});

test('a function of level "admin" takes the master key only', async () => {
  expect(await statusOf('/api/mastered', keys.functionKeys.default)).toBe(401);
  expect(await statusOf('/api/mastered', keys.masterKey)).toBe(200);
});

describe('the admin API', () => {
  test('asks for the master key', async () => {
    expect(await statusOf('/admin/host/ping')).toBe(200);
    expect(await statusOf('/admin/host/status')).toBe(401);
    expect(await statusOf('/admin/host/status', keys.functionKeys.default)).toBe(401);
    expect(await statusOf('/admin/host/status', keys.masterKey)).toBe(200);
    expect(await statusOf('/admin/functions/nobody', keys.masterKey)).toBe(404);
  });

  const start = async (name: string, body: string): Promise<number> => {
    const headers = { 'x-functions-key': keys.masterKey, 'content-type': 'application/json' };
    return (await fetch(`${host.ready.url}/admin/functions/${name}`, { method: 'POST', headers, body })).status;
  };

  test('starts a function that has another trigger than HTTP', async () => {
    expect(await start('many', JSON.stringify({ input: '{"by":"hand"}' }))).toBe(202);
    await expect
      .poll(() => ask<{ queue: string; entry: unknown }[]>(host, 'seen'), { timeout: 40_000 })
      .toContainEqual(expect.objectContaining({ queue: 'many', entry: { by: 'hand' } }));
    expect(await start('yearly', '{}')).toBe(202);
    await expect
      .poll(() => ask<{ name: string }[]>(host, 'runs'), { timeout: 40_000 })
      .toContainEqual(expect.objectContaining({ name: 'yearly' }));
    expect(await start('many', 'no JSON')).toBe(400);
  });
});
