import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../../local/azurite.ts';
import { commonJsSettings, type RunningHost, runHost } from './run-host.ts';

let azurite: Azurite;
const patience = { timeout: 30_000, interval: 50 };

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => {
  await azurite.close();
});

const startHost = (env: Record<string, string> = {}, args: readonly string[] = []): Promise<RunningHost> =>
  runHost('commonjs', { ...commonJsSettings(azurite.connectionString), ...env }, args);

describe('the end', () => {
  test('SIGTERM finishes a request, lets the app say goodbye and exits with 0', async () => {
    const host = await startHost();
    const answer = fetch(`${host.ready.url}/api/finishOnTermination`);
    await expect.poll(() => host.stderr(), patience).toContain('waiting for SIGTERM');
    const status = host.stop();
    expect(await (await answer).text()).toBe('finished');
    expect(await status).toEqual({ code: 0, signal: null });
    expect(host.stderr()).toContain('appTerminate hook ran');
    await expect(fetch(`${host.ready.url}/api/seen`)).rejects.toThrow();
  });

  test('a connection without a request does not delay it', async () => {
    const host = await startHost();
    const socket = connect(Number(new URL(host.ready.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    expect(await host.stop()).toEqual({ code: 0, signal: null });
    await closed;
  });

  test('SIGINT does the same', async () => {
    const host = await startHost();
    expect(await host.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(host.stderr()).toContain('appTerminate hook ran');
  });

  test('a queue message that has begun is finished and removed', async () => {
    const queue: QueueClient = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('long');
    await queue.createIfNotExists();
    const host = await startHost();
    await queue.sendMessage(Buffer.from('last').toString('base64'));
    await expect.poll(() => host.stderr(), patience).toContain('long message last begun');
    expect(await host.stop()).toEqual({ code: 0, signal: null });
    expect(host.stderr()).toContain('long message last done');
    expect((await queue.getProperties()).approximateMessagesCount).toBe(0);
  });

  test('what does not end is cut off, with another exit code', async () => {
    const host = await startHost();
    const answer = fetch(`${host.ready.url}/api/slow`).then(
      () => 'answered',
      () => 'cut off',
    );
    await expect.poll(() => host.stderr(), patience).toContain('slow request begun');
    expect(await host.stop('SIGTERM', 20_000)).toEqual({ code: 1, signal: null });
    expect(await answer).toBe('cut off');
    expect(host.stderr()).toContain('Not finished after');
  });
});

describe('ways to run', () => {
  test('without keys, and with a limit of requests at a time', async () => {
    const limit = { AzureFunctionsJobHost__extensions__http__maxOutstandingRequests: '1' };
    const host = await startHost(limit, ['--ignore-keys']);
    expect((await fetch(`${host.ready.url}/api/keyed`)).status).toBe(200);
    expect((await fetch(`${host.ready.url}/admin/host/status`)).status).toBe(200);
    const slow = fetch(`${host.ready.url}/api/slow`).catch(() => 'cut off');
    await expect.poll(() => host.stderr(), patience).toContain('slow request begun');
    expect((await fetch(`${host.ready.url}/api/keyed`)).status).toBe(429);
    // The one that is left hangs on purpose.
    await host.stop('SIGKILL');
    expect(await slow).toBe('cut off');
  });

  test('one bundle with everything in it but the core module', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-test-'));
    try {
      await build({
        stdin: {
          contents: `import { app } from '@azure/functions';
            app.http('where', { handler: () => ({ jsonBody: { cwd: process.cwd(), values: [process.env.FROM_FILE, process.env.FROM_ENV] } }) });`,
          resolveDir: import.meta.dirname,
        },
        outfile: join(folder, 'dist/main.cjs'),
        bundle: true,
        platform: 'node',
        format: 'cjs',
        external: ['@azure/functions-core'],
        logLevel: 'silent',
      });
      await writeFile(join(folder, 'package.json'), '{ "type": "module", "main": "dist/main.cjs" }');
      await writeFile(join(folder, 'host.json'), '{ "version": "2.0" } // with a comment');
      await writeFile(join(folder, 'local.settings.json'), '{ "Values": { "FROM_FILE": "file", "FROM_ENV": "file" } }');
      const host = await runHost(folder, { FROM_ENV: 'environment' });
      const answer = await (await fetch(`${host.ready.url}/api/where`)).json();
      expect(answer).toEqual({ cwd: await realpath(folder), values: ['file', 'environment'] });
      await host.stop();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('apps that the host refuses', () => {
  test.each([
    ['throws', /entry point .*main\.cjs failed to load[\s\S]*the entry point fails/],
    ['nothing', /registered no function/],
    ['eventHub', /"hub" uses a trigger of type "eventHubTrigger", which this host does not support yet/],
    ['cosmosConnection', /Cosmos DB connection "C" is not set/],
    ['cosmosMode', /"feed" uses the change feed mode "AllVersionsAndDeletes"/],
    ['blobInput', /"reads" uses an input binding of type "blob"/],
    ['tableOutput', /"writes" uses an output binding of type "table"/],
    ['reservedRoute', /route "Admin\/users" conflicts/],
    ['constraint', /constraint "odd"/],
    ['schedule', /"25" cannot be its hour/],
    ['noStorage', /storage connection string "AzureWebJobsStorage" is not set/],
    ['noSetting', /app setting "NO_SUCH", which is not set/],
    ['twice', /function named "same" is already registered/],
  ])('%s', async (appCase, reason) => {
    const refused = runHost('refused', { APP_CASE: appCase });
    await expect(refused).rejects.toThrow(/exit code 1/);
    await expect(refused).rejects.toThrow(reason);
  });

  test('but not when the function that it does not support is disabled', async () => {
    const disabled = { APP_CASE: 'eventHub', AzureWebJobs__hub__Disabled: 'true' };
    const host = await runHost('refused', disabled);
    expect(host.ready.functions).toEqual([]);
    await host.stop();
  });

  test('a setting of host.json that is wrong, set by an environment variable', async () => {
    const env = { APP_CASE: 'serves', AzureFunctionsJobHost__extensions__queues__batchSize: '33' };
    await expect(runHost('refused', env)).rejects.toThrow(/extensions\.queues\.batchSize/);
  });

  test('a port that is taken', async () => {
    const host = await runHost('refused', { APP_CASE: 'serves' });
    const { port } = new URL(host.ready.url);
    await expect(runHost('refused', { APP_CASE: 'serves' }, ['--port', port])).rejects.toThrow(/EADDRINUSE/);
    await host.stop();
  });
});
