import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApiClient } from '../../local/start/api-client.ts';
import { execution } from '../../shared/contracts/executions.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { shard } from '../../shared/contracts/shards.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { isAlive } from '../kit/process-alive.ts';
import { type StartedCommand, startCommand } from '../kit/started-command.ts';

const size = ['--companies', '40', '--contacts', '40', '--deals', '20', '--ticker', '0'];
const ready = z.looseObject({
  api: z.url(),
  token: z.string().min(1),
  apiKey: z.string().min(1),
  tenantId: z.string(),
  cosmos: z.url(),
  storage: z.string().includes('QueueEndpoint='),
  keyVault: z.url(),
  identity: z.url(),
  crm: z.url(),
  integrationId: z.string(),
  executionId: z.string(),
});
type Ready = z.infer<typeof ready>;

describe('npm start', () => {
  const started: StartedCommand[] = [];
  let folder: string;
  let temporary: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'castiel-e2e-'));
    temporary = join(folder, 'temporary');
    await mkdir(temporary);
  });

  afterAll(async () => {
    for (const command of started) await command.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (...args: string[]): Promise<StartedCommand> => {
    const command = await startCommand([...args, '--json', ...size], temporary);
    started.push(command);
    return command;
  };

  const readyLine = async (command: StartedCommand): Promise<Ready> =>
    ready.parse(JSON.parse(await command.firstLine()));

  /** Ctrl-C; then nothing of it is left. */
  const stop = async (command: StartedCommand): Promise<void> => {
    const processes = await command.processes();
    expect(processes.length).toBeGreaterThan(4);
    command.interrupt();
    expect(await command.ended()).toBe(0);
    await pollUntil('The end of all its processes', () => !processes.some(isAlive) || undefined);
  };

  const shardIds = async ({ api, apiKey }: Ready): Promise<string[]> => {
    const client = createApiClient(() => api, { 'x-api-key': apiKey });
    const { items } = await client.call('GET', 'tenant/shards?type=company&limit=100', pageOf(shard));
    return items.map(({ id }) => id).sort();
  };

  const lastRun = ({ api, apiKey, integrationId, executionId }: Ready) =>
    createApiClient(() => api, { 'x-api-key': apiKey }).call(
      'GET',
      `tenant/integrations/${integrationId}/executions/${executionId}`,
      execution,
    );

  it('brings everything up, syncs, prints one line, lets token and key in, and leaves nothing behind', async () => {
    const command = await start('--ephemeral', '--port', '0');
    const line = await readyLine(command);
    expect(await lastRun(line)).toMatchObject({ state: 'succeeded', counts: { created: 100 } });
    for (const headers of [{ authorization: `Bearer ${line.token}` }, { 'x-api-key': line.apiKey }]) {
      const response = await fetch(`${line.api}/tenant/shards?type=deal&limit=100`, { headers });
      expect(response.status).toBe(200);
      expect(pageOf(shard).parse(await response.json()).items).toHaveLength(20);
    }
    expect((await fetch(`${line.api}/tenant/shards`)).status).toBe(401);
    expect((await fetch(`${line.api}/health/ready`)).status).toBe(200);
    await stop(command);
    expect(command.output()).toHaveLength(1);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('starts the app again at its address when that dies', async () => {
    const command = await start('--ephemeral', '--port', '0');
    const { api } = await readyLine(command);
    const app = async (): Promise<number | undefined> => {
      const pids = await command.processes();
      const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'pid=,args=', '-p', pids.join(',')]);
      return stdout
        .split('\n')
        .filter((line) => line.includes('local/functions-host/main.ts'))
        .map((line) => Number.parseInt(line, 10))[0];
    };
    const first = await app();
    if (first === undefined) throw new Error('The app does not run');
    process.kill(first, 'SIGKILL');
    await pollUntil('The app at its address', async () => {
      const isReady = await fetch(`${api}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      return isReady || undefined;
    });
    expect(await app()).not.toBe(first);
    expect(command.errors()).toContain('The host has ended (SIGKILL)');
    await stop(command);
  });

  it('keeps its data from one start to the next, and begins anew when told to', async () => {
    const dataDir = join(folder, 'data');
    const first = await start('--data-dir', dataDir, '--port', '0');
    const firstLine = await readyLine(first);
    const ids = await shardIds(firstLine);
    expect(ids).toHaveLength(40);
    await stop(first);

    const second = await start('--data-dir', dataDir, '--port', '0');
    const secondLine = await readyLine(second);
    expect(secondLine.integrationId).toBe(firstLine.integrationId);
    expect(secondLine.apiKey).toBe(firstLine.apiKey);
    expect(secondLine.executionId).not.toBe(firstLine.executionId);
    expect(await lastRun(secondLine)).toMatchObject({ state: 'succeeded', counts: { created: 0, failed: 0 } });
    expect(await shardIds(secondLine)).toEqual(ids);
    await stop(second);

    const third = await start('--data-dir', dataDir, '--port', '0', '--reset');
    const thirdLine = await readyLine(third);
    expect(await lastRun(thirdLine)).toMatchObject({ state: 'succeeded', counts: { created: 100 } });
    const fresh = await shardIds(thirdLine);
    expect(fresh).toHaveLength(40);
    expect(fresh.filter((id) => ids.includes(id))).toEqual([]);
    await stop(third);
  });

  it('says which port is taken, starts nothing and ends with 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const command = await start('--ephemeral', '--port', port);
    const seen = new Set<number>();
    const code = await pollUntil('The end', async () => {
      for (const pid of await command.processes()) seen.add(pid);
      return isAlive(command.pid) ? undefined : command.ended();
    });
    taken.close();
    expect(code).toBe(1);
    expect(command.output()).toEqual([]);
    expect(command.errors()).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect(await readdir(temporary)).toEqual([]);
    await pollUntil('The end of all its processes', () => ![...seen].some(isAlive) || undefined);
  });

  it('can be interrupted while it starts', async () => {
    const command = await start('--ephemeral', '--port', '0');
    const processes = await pollUntil('Its first services', async () => {
      const tree = await command.processes();
      return tree.length > 3 ? tree : undefined;
    });
    command.interrupt();
    expect(await command.ended()).toBe(0);
    expect(command.errors()).not.toContain('could not start');
    expect(command.output()).toEqual([]);
    await pollUntil('The end of all its processes', () => !processes.some(isAlive) || undefined);
    expect(await readdir(temporary)).toEqual([]);
  });
});
