import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuthorise, createKeys, loadKeys } from '../../../../local/functions-host/http/keys.ts';
import { formatCookie } from '../../../../local/functions-host/http/write-response.ts';

test('a cookie without attributes belongs to the whole site', () => {
  expect(formatCookie({ name: 'a', value: 'b;c' })).toBe('a=b%3Bc; path=/');
});

test("a function's own key opens that function only", () => {
  const authorise = createAuthorise({
    masterKey: 'master',
    functionKeys: { default: 'host' },
    systemKeys: { durabletask_extension: 'system' },
    functions: { orders: { default: 'own' } },
  });
  expect(authorise('function', 'Orders', 'own')).toBe(true);
  expect(authorise('function', 'other', 'own')).toBe(false);
  expect(authorise('function', 'other', 'host')).toBe(true);
  expect(authorise('function', 'other', 'master')).toBe(true);
  expect(authorise('function', 'other', 'system')).toBe(false);
  expect(authorise('admin', 'orders', 'own')).toBe(false);
  expect(authorise('admin', 'orders', 'host')).toBe(false);
  expect(authorise('admin', 'orders', 'master')).toBe(true);
  expect(authorise('function', 'orders', undefined)).toBe(false);
  expect(authorise('anonymous', 'orders', undefined)).toBe(true);
});

test('keys are new each time and kept in their file', async () => {
  expect(createKeys().masterKey).not.toBe(createKeys().masterKey);
  const folder = await mkdtemp(join(tmpdir(), 'key-file-test-'));
  try {
    const file = join(folder, 'keys.json');
    const keys = await loadKeys(file);
    expect(await loadKeys(file)).toEqual(keys);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(keys);
    await writeFile(file, '{"masterKey":""}');
    await expect(loadKeys(file)).rejects.toThrow(/not valid/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
