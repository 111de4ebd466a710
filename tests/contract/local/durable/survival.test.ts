import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runHost } from '../functions-host/run-host.ts';
import { type DurableApp, runApp } from './run-app.ts';

const patience = { timeout: 40_000, interval: 25 };
let folder: string;
let apps: DurableApp[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-survival-'));
});
afterEach(async () => {
  await Promise.all(apps.map(({ host }) => host.stop()));
  apps = [];
  await rm(folder, { recursive: true });
});

const start = async (env: Record<string, string> = {}): Promise<DurableApp> => {
  const app = await runApp({ directory: join(folder, 'hubs'), env: { NOTES_FILE: join(folder, 'notes'), ...env } });
  apps.push(app);
  return app;
};
const notes = async (): Promise<string[]> =>
  (await readFile(join(folder, 'notes'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const hubFile = () => join(folder, 'hubs', 'Features.sqlite');

describe('after SIGKILL', () => {
  test('everything goes on: steps are not lost, and are repeated only where the process died', async () => {
    const first = await start();
    const ids = Array.from({ length: 8 }, (_, index) => `steps-${index}`);
    await Promise.all(ids.map((id) => first.start('steps', 40, id)));
    const waiting = await first.start('waits');
    const timed = await first.start('timer', 1_500);
    await expect.poll(async () => (await notes()).length, patience).toBeGreaterThan(30);
    await first.host.stop('SIGKILL');

    const second = await start();
    for (const id of ids) expect((await second.end(id)).output).toBe(40);
    expect((await second.end(timed)).output).toBe(true);
    await second.client('raiseEvent', waiting, 'go', 'still here');
    expect((await second.end(waiting)).output).toEqual(['still here']);
    const ran = await notes();
    for (const id of ids) {
      expect(new Set(ran.filter((line) => line.startsWith(`${id} `))).size).toBe(40);
    }
    // At most what was under way ran twice.
    expect(ran.filter((line) => line.startsWith('steps')).length).toBeLessThanOrEqual(8 * 40 + 8);
  });

  test('an activity with a durable client has it from the start', async () => {
    const first = await start();
    const ids = Array.from({ length: 10 }, (_, index) => `another-${index}`);
    const starters = await Promise.all(ids.map((id) => first.start('startsByActivity', { id, waitMs: 400 })));
    await expect.poll(async () => (await notes()).length, patience).toBe(10);
    await first.host.stop('SIGKILL');
    const second = await start();
    for (const [index, starter] of starters.entries()) {
      expect(await second.end(starter)).toMatchObject({ runtimeStatus: 'Completed', output: ids[index] });
      expect((await second.end(ids[index] ?? '')).output).toEqual(['Hello, another!']);
    }
  });
});

describe('SIGTERM', () => {
  test('finishes the activity that runs and begins nothing new', async () => {
    const first = await start();
    const slow = await first.start('slowStep', 1_000);
    const waiting = await first.start('waits');
    await first.reach(slow, 'Running');
    await first.reach(waiting, 'Running');
    expect(await first.host.stop()).toEqual({ code: 0, signal: null });
    expect(await notes()).toEqual(['slow 1000']);
    const second = await start();
    expect((await second.end(slow)).output).toBe(1_000);
    expect(await notes()).toEqual(['slow 1000']);
    expect((await second.status(waiting)).runtimeStatus).toBe('Running');
  });

  test('does not wait for a long HTTP call, which is made again', async () => {
    let calls = 0;
    const server = createServer((_, response) => {
      calls++;
      if (calls > 1) response.end('at last');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const first = await start();
    const id = await first.start('http', { url: `http://127.0.0.1:${port}/`, enablePolling: false });
    await expect.poll(() => calls, patience).toBe(1);
    expect(await first.host.stop()).toEqual({ code: 0, signal: null });
    const second = await start();
    expect((await second.end(id)).output).toMatchObject({ content: 'at last' });
    server.close();
  });
});

test('no more activities run at a time than host.json allows', async () => {
  const app = await start({ AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: '3' });
  const ids = await Promise.all([1, 2, 3].map(() => app.start('gauges', 10)));
  const most = await Promise.all(ids.map(async (id) => (await app.end(id)).output as number));
  expect(Math.max(...most)).toBe(3);
});

describe('two hosts on one hub', () => {
  test('work as one: the clients of the second reach the first, and it takes over when that dies', async () => {
    const first = await start();
    const second = await start();
    const early = await second.start('waits', ['a', 'b']);
    await first.reach(early, 'Running');
    expect((await second.run('chain', ['both'])).output).toEqual(['Hello, both!']);
    await second.client('raiseEvent', early, 'a', 1);
    await first.host.stop('SIGKILL');
    // Answered by the one that is left, at once.
    await second.client('raiseEvent', early, 'b', 2);
    expect((await second.end(early)).output).toEqual([1, 2]);
    const third = await start();
    expect((await third.run('chain', ['third'])).output).toEqual(['Hello, third!']);
  });

  test('change over on SIGTERM without a request failing', async () => {
    const first = await start();
    const second = await start();
    let isOver = false;
    const ids: string[] = [];
    const starting = (async () => {
      while (!isOver) ids.push(await second.start('chain', ['x']));
    })();
    await expect.poll(() => ids.length, patience).toBeGreaterThan(20);
    await first.host.stop();
    const before = ids.length;
    await expect.poll(() => ids.length, patience).toBeGreaterThan(before + 20);
    isOver = true;
    await starting;
    for (const id of ids) expect((await second.end(id)).output).toEqual(['Hello, x!']);
  });
});

describe('a state that cannot be opened is a start error that says so', () => {
  const failsWith = async (): Promise<string> =>
    start().then(
      () => 'started',
      (error: unknown) => String(error),
    );

  test('a damaged file', async () => {
    const app = await start();
    await app.run('chain', ['x']);
    await app.host.stop();
    const content = await readFile(hubFile());
    content.fill(0x5a, 4096, 40_960);
    await writeFile(hubFile(), content);
    expect(await failsWith()).toMatch(/The task hub .*Features\.sqlite (is damaged|cannot be opened)/);
  });
  test('a file that is no database', async () => {
    const app = await start();
    await app.host.stop();
    await writeFile(
      hubFile(),
      'something else, which is long enough to be read as the header of a database, but is none',
    );
    expect(await failsWith()).toMatch(/The task hub .* cannot be opened: .*Move the file away to begin anew/);
  });
  test('a database of another program', async () => {
    await (await start()).host.stop();
    await rm(hubFile());
    const other = new DatabaseSync(hubFile());
    other.exec('CREATE TABLE birds (name TEXT)');
    other.close();
    expect(await failsWith()).toContain('is a SQLite file of another program');
  });
  test('a hub of a newer version', async () => {
    await (await start()).host.stop();
    const newer = new DatabaseSync(hubFile());
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    expect(await failsWith()).toContain('has format 99, this version reads format 1');
  });
});

describe('the cost', () => {
  test('an app without durable functions has no state and no listener', async () => {
    const host = await runHost('es-module', {}, ['--durable-dir', join(folder, 'none'), '--ignore-keys']).catch(
      (error: unknown) => error as Error,
    );
    if (host instanceof Error) throw host;
    expect(await readdir(folder)).toEqual([]);
    expect((await fetch(`${host.ready.url}/runtime/webhooks/durabletask/instances/`)).status).toBe(404);
    await host.stop();
  });

  test('1,000 waiting instances need no processor', async () => {
    const app = await start();
    for (let batch = 0; batch < 10; batch++) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => app.start('approval', null, `idle-${batch}-${index}`)),
      );
    }
    const running = async () =>
      ((await app.client('getStatusBy', { runtimeStatus: ['Running'] })) as readonly unknown[]).length;
    await expect.poll(running, patience).toBe(1_000);
    const usedMs = async () => {
      const { user, system } = (await (await fetch(`${app.host.ready.url}/api/processor`)).json()) as NodeJS.CpuUsage;
      return (user + system) / 1_000;
    };
    // Of two seconds, once what was under way has ended; asking costs a little too.
    const usedInTwoSeconds = async () => {
      const before = await usedMs();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return (await usedMs()) - before;
    };
    await expect.poll(usedInTwoSeconds, { timeout: 40_000, interval: 10 }).toBeLessThan(40);
    await app.client('raiseEvent', 'idle-3-7', 'approve', 'yes');
    expect((await app.end('idle-3-7')).output).toBe('yes');
  });
});
