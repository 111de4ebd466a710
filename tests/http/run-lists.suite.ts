import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import type { Json } from './api-description.ts';
import type { App } from './start-app.ts';
import { lenient, SteeredTenant, strict } from './steered-tenant.ts';

const contacts = 40;

/** Lists of runs, and of what happened to them. The callers check each answer against the OpenAPI document. */
export function runListsSuite(app: () => App): void {
  let crm: CrmControl & { close(): Promise<void> };

  beforeAll(async () => {
    crm = await openOwnCrm({ contacts });
  });

  afterAll(async () => {
    await crm?.close();
  });

  it('show every run once, filtered by state, task, integration and time', async () => {
    const tenant = await SteeredTenant.create(app(), crm, lenient);
    const { integrationId, taskId } = tenant.task;
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push(await tenant.runToEnd());
    const newestFirst = [...ids].reverse();
    const idsOf = async (query: Record<string, string | number>) =>
      (await tenant.walk('listTenantExecutions', { query: { limit: 3, ...query } })).map((run) => run['id']);
    for (const limit of [1, 3, 4, 100]) expect(await idsOf({ limit })).toEqual(newestFirst);
    expect(await idsOf({ integrationId, taskId, state: 'succeeded' })).toEqual(newestFirst);
    expect(await idsOf({ state: 'failed' })).toEqual([]);
    const runs = await tenant.walk('listExecutions', { params: { integrationId }, query: { limit: 100 } });
    const createdAt = (index: number) => String(runs.find((run) => run['id'] === ids[index])?.['createdAt']);
    expect(await idsOf({ from: createdAt(1) })).toEqual([ids[3], ids[2], ids[1]]);
    expect(await idsOf({ from: createdAt(1), to: createdAt(3) })).toEqual([ids[2], ids[1]]);
    expect(await idsOf({ to: createdAt(0) })).toEqual([]);
    expect(await idsOf({ from: createdAt(3), to: createdAt(1) })).toEqual([]);
    const page = await tenant.tenant.admin.call('listTenantExecutions', { query: { limit: 1, from: createdAt(1) } });
    const elsewhere = { limit: 1, from: createdAt(2), cursor: page.text('nextCursor') };
    expect((await tenant.tenant.admin.send('listTenantExecutions', { query: elsewhere })).status).toBe(400);
  });

  it('show the log newest first, filtered by level and event', async () => {
    const tenant = await SteeredTenant.create(app(), crm, strict);
    const id = await tenant.runToEnd();
    const log = await tenant.walk('listExecutionLogs', { params: tenant.paramsOf(id), query: { limit: 2 } });
    const told = log.map(({ event, data }) => `${event} ${(data as Json | undefined)?.['to'] ?? ''}`.trim()).reverse();
    expect(told.filter((each) => each !== 'records-set-aside')).toEqual([
      'state-changed queued',
      'state-changed running',
      'object-finished',
      'compared',
      'state-changed partial',
    ]);
    expect(log.map(({ at }) => at)).toEqual(
      log
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    const only = async (query: Record<string, string>) =>
      (await tenant.call('listExecutionLogs', id, { query: { ...query, limit: 100 } })).items;
    expect(new Set((await only({ level: 'warning' })).map(({ event }) => event))).toEqual(
      new Set(['records-set-aside', 'state-changed']),
    );
    expect(await only({ event: 'object-finished' })).toMatchObject([
      { data: { object: 'contacts', received: contacts } },
    ]);
    expect(await only({ level: 'error' })).toEqual([]);
  });
}
