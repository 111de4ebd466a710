import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import type { Json } from './api-description.ts';
import type { App } from './start-app.ts';
import { hasEnded, hasRead, lenient, SteeredTenant, strict } from './steered-tenant.ts';

const contacts = 40;

/** What failed, and is tried again. The callers check each answer against the OpenAPI document. */
export function retriesSuite(app: () => App): void {
  let crm: CrmControl & { close(): Promise<void> };

  beforeAll(async () => {
    crm = await openOwnCrm({ contacts });
  });

  afterAll(async () => {
    await crm?.close();
  });

  it('are listed with reasons, and tried again one by one and together, once a key', async () => {
    const tenant = await SteeredTenant.create(app(), crm, strict);
    const id = await tenant.runToEnd();
    const run = (await tenant.call('getExecution', id)).json;
    const failed = Number((run['counts'] as Json)['failed']);
    expect(failed).toBeGreaterThan(3);
    const records = await tenant.walk('listFailedRecords', { params: tenant.paramsOf(id), query: { limit: 3 } });
    expect(records).toHaveLength(failed);
    expect(new Set(records.map((record) => record['id'])).size).toBe(failed);
    for (const record of records) {
      expect(record).toMatchObject({
        state: 'failed',
        object: 'contacts',
        retryable: true,
        reason: expect.stringMatching(/jobTitle/),
      });
    }
    const { integrationId, taskId } = tenant.task;
    await tenant.tenant.admin.call('updateTask', { params: { integrationId, taskId }, body: lenient });
    const failedRecordId = String(records[0]?.['id']);
    const headers = { 'idempotency-key': randomUUID() };
    const one = await tenant.start('retryFailedRecord', { params: tenant.paramsOf(id, { failedRecordId }), headers });
    const same = await tenant.call('retryFailedRecord', id, { params: { failedRecordId }, headers });
    expect(same.text('id')).toBe(one);
    expect(await tenant.followUntil(one, hasEnded)).toMatchObject({
      state: 'succeeded',
      trigger: 'retry',
      retryOf: id,
      counts: { received: 1, created: 1 },
    });
    expect((await tenant.send('retryFailedRecord', id, { params: { failedRecordId } })).problem.code).toBe(
      'wrong-state',
    );
    const list = async (query: Record<string, string>) =>
      (await tenant.call('listFailedRecords', id, { query: { ...query, limit: 100 } })).items;
    expect(await list({ state: 'resolved' })).toMatchObject([{ id: failedRecordId, resolvedBy: one }]);
    expect(await list({ state: 'failed' })).toHaveLength(failed - 1);
    expect(await list({ object: 'deals' })).toEqual([]);
    const key = { 'idempotency-key': randomUUID() };
    const rest = await tenant.start('retryExecution', {
      params: tenant.paramsOf(id),
      body: { records: 'failed' },
      headers: key,
    });
    const replayed = await tenant.call('retryExecution', id, { body: { records: 'failed' }, headers: key });
    expect(replayed.text('id')).toBe(rest);
    expect(await tenant.followUntil(rest, hasEnded)).toMatchObject({
      state: 'succeeded',
      counts: { created: failed - 1 },
    });
    expect((await tenant.send('retryExecution', id, { body: { records: 'failed' } })).problem.code).toBe('wrong-state');
    expect((await tenant.tenant.admin.call('listShards', { query: { limit: 100 } })).items).toHaveLength(contacts);
  });

  it('of a cancelled run goes on where it was', async () => {
    const tenant = await SteeredTenant.create(app(), crm, lenient);
    await crm.setFaults({ kind: 'slow', ms: 300 });
    const id = await tenant.run();
    await tenant.followUntil(id, hasRead);
    await tenant.call('cancelExecution', id);
    const received = Number(((await tenant.followUntil(id, hasEnded))['counts'] as Json)['received']);
    await crm.setFaults();
    const again = await tenant.start('retryExecution', { params: tenant.paramsOf(id) });
    expect(await tenant.followUntil(again, hasEnded)).toMatchObject({
      state: 'succeeded',
      retryOf: id,
      counts: { received: contacts - received, created: contacts - received },
    });
  });
}
