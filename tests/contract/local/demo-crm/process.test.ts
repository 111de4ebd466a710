import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../../../../local/child-process.ts';
import { startDemoCrm } from '../../../../local/demo-crm/server.ts';
import { type CrmClient, createCrmClient } from './crm-client.ts';

interface Ready {
  readonly url: string;
  readonly apiKey: string;
}

const MAIN = new URL('../../../../local/demo-crm/main.ts', import.meta.url).pathname;
const running: ReadyProcess<Ready>[] = [];
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'demo-crm-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop()));
  await rm(dataDir, { recursive: true });
});

const start = async (...args: string[]): Promise<ReadyProcess<Ready>> => {
  const process_ = await spawnReady(process.execPath, [MAIN, '--data-dir', dataDir, ...args], {
    readLine: readyJsonLine((value) => value as Ready),
  });
  running.push(process_);
  return process_;
};

describe('the process', () => {
  it('keeps changes, key and counts over SIGTERM and SIGKILL', async () => {
    const first = await start('--companies', '50', '--contacts', '200', '--deals', '20');
    const before = createCrmClient(first.ready);
    const created = await before.change({ type: 'contacts', kind: 'create', count: 5 });
    await before.change({ type: 'contacts', kind: 'update', count: 10 });
    const deleted = await before.change({ type: 'contacts', kind: 'delete', count: 7 });
    const records = await before.readAll('/v1/contacts?includeDeleted=true&sort=updatedAt');
    expect((await first.stop()).code).toBe(0);

    const second = await start();
    expect(second.ready.apiKey).toBe(first.ready.apiKey);
    const after = createCrmClient(second.ready);
    expect((await after.readAll('/v1/contacts?includeDeleted=true&sort=updatedAt')).records).toEqual(records.records);
    const [id] = created.ids.filter((one) => !deleted.ids.includes(one));
    await after.send('PATCH', `/v1/contacts/${id}`, { jobTitle: 'Kept' });
    await second.stop('SIGKILL');

    const third = await start();
    const kept = await createCrmClient(third.ready).send('GET', `/v1/contacts/${id}`);
    expect(await kept.json()).toMatchObject({ id, jobTitle: 'Kept' });
  });

  it('ticks', async () => {
    const { ready } = await start('--ticker', '5', '--companies', '50', '--contacts', '200', '--deals', '20');
    const client = createCrmClient(ready);
    const startedAt = '2026-07-01T00:00:00Z';
    for (const type of ['companies', 'contacts', 'deals']) {
      await expect
        .poll(async () => (await client.list(`/v1/${type}?modifiedSince=${startedAt}`)).paging.total, {
          timeout: 40_000,
        })
        .toBeGreaterThan(2);
    }
  });

  it('refuses a data directory that was begun with another seed', async () => {
    await (await startDemoCrm({ dataDir, seed: 1, companies: 5, contacts: 5, deals: 5 })).close();
    await expect(startDemoCrm({ dataDir, seed: 2 })).rejects.toThrow('another seed');
  });

  it('commits what is still held back when it is closed', async () => {
    const first = await startDemoCrm({ dataDir, companies: 5, contacts: 5, deals: 5 });
    const held = await holdBackTwoDeals(createCrmClient(first));
    await first.close();
    const second = await startDemoCrm({ dataDir });
    const { data } = await createCrmClient(second).list('/v1/deals');
    await second.close();
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(held));
  });

  it('leaves unused the ids of records that were never committed', async () => {
    const first = await start('--companies', '5', '--contacts', '5', '--deals', '5');
    const before = createCrmClient(first.ready);
    const held = await holdBackTwoDeals(before);
    const committed = await before.change({ type: 'deals', kind: 'create', count: 1 });
    expect((await before.send('GET', `/v1/deals/${held[0]}`)).status).toBe(404);
    await first.stop('SIGKILL');

    const second = await start();
    const after = createCrmClient(second.ready);
    const created = await after.change({ type: 'deals', kind: 'create', count: 1 });
    const ids = (await after.list('/v1/deals?includeDeleted=true')).data.map(({ id }) => id);
    expect(ids).toHaveLength(7);
    expect(ids.slice(5)).toEqual([...committed.ids, ...created.ids]);
    expect(ids).not.toEqual(expect.arrayContaining([held[0]]));
  });
});

const holdBackTwoDeals = async (client: CrmClient): Promise<string[]> => {
  await client.setFaults({ kind: 'late-rows', delayMs: 500_000, times: 1 });
  return [...(await client.change({ type: 'deals', kind: 'create', count: 2 })).ids];
};
