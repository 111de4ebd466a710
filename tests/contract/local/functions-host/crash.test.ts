import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { commonJsSettings, type RunningHost, runHost } from './run-host.ts';

let azurite: Azurite;
const patience = { timeout: 30_000, interval: 50 };
const hosts: RunningHost[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
});
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
});
afterAll(async () => {
  await azurite.close();
});

const startHost = async (env: Record<string, string> = {}, args: readonly string[] = []): Promise<RunningHost> => {
  const host = await runHost('commonjs', { ...commonJsSettings(azurite.connectionString), ...env }, args);
  hosts.push(host);
  return host;
};
const statusOf = async (host: RunningHost, path: string): Promise<number | undefined> =>
  fetch(`${host.ready.url}/api/${path}`).then(
    (response) => response.status,
    () => undefined,
  );
const sendLong = async (text: string): Promise<QueueClient> => {
  const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('long');
  await queue.createIfNotExists();
  await queue.sendMessage(Buffer.from(text).toString('base64'));
  return queue;
};

const oneSecond = { AzureFunctionsJobHost__functionTimeout: '00:00:01' };

describe('an exception outside of any handler', () => {
  test('ends the process with 1 and fails what runs: requests get 500, messages are free at once', async () => {
    const host = await startHost();
    const queue = await sendLong('interrupted');
    await expect.poll(() => host.stderr(), patience).toContain('long message interrupted begun');
    const slow = statusOf(host, 'slow');
    await expect.poll(() => host.stderr(), patience).toContain('slow request begun');
    await statusOf(host, 'crash');
    expect(await host.exited).toEqual({ code: 1, signal: null });
    expect(host.stderr()).toContain('thrown outside of any handler');
    expect(host.stderr()).not.toContain('appTerminate hook ran');
    expect(await slow).toBe(500);
    // Without that it would be hidden for the ten minutes of its lease.
    const { receivedMessageItems } = await queue.receiveMessages({ visibilityTimeout: 60 });
    expect(receivedMessageItems.map((message) => message.dequeueCount)).toEqual([2]);
    await queue.clearMessages();
  });
});

describe('a run past functionTimeout', () => {
  test('ends the process with 1; the run and those beside it fail', async () => {
    const host = await startHost(oneSecond);
    expect(await statusOf(host, 'slow')).toBe(500);
    expect(await host.exited).toEqual({ code: 1, signal: null });
    expect(host.stderr()).toContain('Timeout value of 1000 ms exceeded by slow');
  });

  test('goes on while a debugger is attached', async () => {
    const host = await startHost({ ...oneSecond, NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    const slow = statusOf(host, 'slow');
    await expect.poll(() => host.stderr(), patience).toContain('a debugger is attached: it goes on');
    await statusOf(host, 'finish');
    expect(await slow).toBe(200);
  });
});

describe('--restart', () => {
  test('starts the app again on the same port after a crash, and stops with it', async () => {
    const host = await startHost({}, ['--restart']);
    await statusOf(host, 'crash');
    await expect.poll(() => host.stderr(), patience).toContain('The host has ended (exit code 1)');
    await expect.poll(() => statusOf(host, 'orders/1'), patience).toBe(200);
    expect(await host.stop()).toEqual({ code: 0, signal: null });
    expect(host.stderr()).toContain('appTerminate hook ran');
    expect(await statusOf(host, 'orders/1')).toBeUndefined();
  });

  test('starts the app again after a run past functionTimeout', async () => {
    const host = await startHost(oneSecond, ['--restart']);
    expect(await statusOf(host, 'slow')).toBe(500);
    await expect.poll(() => statusOf(host, 'orders/1'), patience).toBe(200);
  });

  test('kills a host that a function keeps from turning, and starts it again', async () => {
    const host = await startHost(oneSecond, ['--restart']);
    expect(await statusOf(host, 'endless')).toBeUndefined();
    expect(host.stderr()).toContain('kept the host from turning');
    await expect.poll(() => statusOf(host, 'orders/1'), patience).toBe(200);
  });

  test('gives up when the app crashes again and again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'restart-test-'));
    try {
      await writeFile(join(folder, 'host.json'), '{ "version": "2.0" }');
      await writeFile(join(folder, 'package.json'), '{ "main": "main.cjs" }');
      await writeFile(
        join(folder, 'main.cjs'),
        `const { app } = require(${JSON.stringify(fileURLToPath(import.meta.resolve('@azure/functions')))});
         app.http('any', { handler: () => ({}) });
         app.hook.appStart(() => { setTimeout(() => { throw new Error('no life'); }, 50); });`,
      );
      const host = await runHost(folder, {}, ['--restart']);
      expect(await host.exited).toEqual({ code: 1, signal: null });
      expect(host.stderr()).toContain('giving up');
      expect(host.stderr().match(/no life/g)?.length).toBeGreaterThan(3);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('does not try again what cannot start at all', async () => {
    const refused = runHost('refused', { APP_CASE: 'throws' }, ['--restart']);
    await expect(refused).rejects.toThrow(/exit code 1[\s\S]*the entry point fails/);
  });
});
