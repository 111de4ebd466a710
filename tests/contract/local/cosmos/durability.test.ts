import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeFeedStartFrom, CosmosClient } from '@azure/cosmos';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './account.ts';

const MAIN = join(import.meta.dirname, '../../../../local/cosmos/main.ts');

interface Running {
  readonly process: ChildProcess;
  readonly client: CosmosClient;
  readonly output: () => string;
}

let dataDir: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cosmos-'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(...more: string[]): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--data-dir', dataDir, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await eventually(
    async () => output + (child.exitCode === null ? '' : `exit ${child.exitCode}: ${errors}\n`),
    (text) => text.includes('\n'),
    20_000,
  );
  if (child.exitCode !== null) throw new Error(errors);
  const { endpoint, key } = JSON.parse(output) as { endpoint: string; key: string };
  return { process: child, client: new CosmosClient({ endpoint, key }), output: () => output };
}

async function end(running: Running, signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<number | null> {
  running.client.dispose();
  const exit = new Promise<number | null>((resolve) => running.process.once('exit', resolve));
  running.process.kill(signal);
  return exit;
}

async function openContainer({ client }: Running) {
  const { database } = await client.databases.createIfNotExists({ id: 'd' });
  const { container } = await database.containers.createIfNotExists({
    id: 'c',
    partitionKey: { paths: ['/pk'], version: 2 },
  });
  return container;
}

describe('the process', () => {
  it('says one line when it is ready, and exits cleanly when asked', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const running = await start();
      await (await openContainer(running)).items.upsert({ id: signal, pk: 'p' });
      expect(running.output().trim().split('\n')).toHaveLength(1);
      expect(JSON.parse(running.output())).toMatchObject({
        ready: true,
        endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      });
      expect(await end(running, signal)).toBe(0);
    }
    const container = await openContainer(await start());
    expect((await container.items.query('SELECT VALUE c.id FROM c').fetchAll()).resources).toEqual([
      'SIGTERM',
      'SIGINT',
    ]);
  });

  it('takes a key', async () => {
    const key = Buffer.from('another key').toString('base64');
    const running = await start('--key', key);
    expect(JSON.parse(running.output())).toMatchObject({ key });
  });

  it.each([
    ['as it is', []],
    ['with stale reads', ['--stale-reads-ms', '50']],
  ])('%s refuses a directory that is in use, and none whose process has died', async (_, flags) => {
    const running = await start(...flags);
    for (const others of [[], ['--stale-reads-ms', '50']])
      await expect(start(...others)).rejects.toThrow('another process');
    await end(running, 'SIGKILL');
    await start(...flags);
  });

  it('keeps every acknowledged write through SIGKILL, and no half of a batch', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const running = await start();
      const container = await openContainer(running);
      let stopped = false;
      const failures: unknown[] = [];
      const writer = async (name: string): Promise<void> => {
        for (let n = 0; !stopped; n += 1) {
          const id = `${round}-${name}-${n}`;
          try {
            const { code } = await container.items.batch(
              [
                { operationType: 'Create', resourceBody: { id: `${id}-a`, pk: 'p' } },
                { operationType: 'Create', resourceBody: { id: `${id}-b`, pk: 'p' } },
              ],
              'p',
            );
            if (code === 200) acknowledged.push(id);
          } catch (error) {
            failures.push(error);
            return;
          }
        }
      };
      const writers = ['x', 'y', 'z', 'w'].map(writer);
      await eventually(
        async () => acknowledged.length,
        (count) => count > (round + 1) * 60,
      );
      await end(running, 'SIGKILL');
      stopped = true;
      await Promise.all(writers);
      expect(failures.length).toBeGreaterThan(0);
    }
    const container = await openContainer(await start());
    const { resources } = await container.items.query('SELECT VALUE c.id FROM c', { partitionKey: 'p' }).fetchAll();
    const found = new Set(resources as string[]);
    expect(acknowledged.filter((id) => !found.has(`${id}-a`) || !found.has(`${id}-b`))).toEqual([]);
    for (const id of found)
      expect(found.has(id.endsWith('-a') ? `${id.slice(0, -2)}-b` : `${id.slice(0, -2)}-a`)).toBe(true);
  });

  it('never repeats an etag or loses its place in the change feed, though the newest item was deleted', async () => {
    const first = await start();
    const container = await openContainer(first);
    const { resource } = await container.items.create({ id: 'a', pk: 'p' });
    const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() });
    await iterator.readNext();
    const { continuationToken } = await iterator.readNext();
    await container.item('a', 'p').delete();
    await end(first, 'SIGKILL');
    const again = await openContainer(await start());
    const { resource: second } = await again.items.create({ id: 'a', pk: 'p' });
    expect(second?._etag).not.toBe(resource?._etag);
    const next = again.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Continuation(String(continuationToken)),
    });
    expect((await next.readNext()).result).toHaveLength(1);
  });
});
