import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { sampleId } from '../kit/sample-documents.ts';
import type { Json } from './api-description.ts';
import type { App } from './start-app.ts';
import { hasEnded, lenient, SteeredTenant } from './steered-tenant.ts';

const contacts = 20;

/** Runs that are taken back, and the history of what they wrote. The callers check each answer against the OpenAPI document. */
export function rollbackSuite(app: () => App): void {
  let crm: CrmControl & { close(): Promise<void> };
  let tenant: SteeredTenant;
  let ids: string[];

  beforeAll(async () => {
    crm = await openOwnCrm({ contacts });
    ids = await crm.list('contacts');
    tenant = await SteeredTenant.create(app(), crm, lenient);
    await tenant.runToEnd();
  });

  afterAll(async () => {
    await crm?.close();
  });

  const retitle = (wanted: readonly string[], title: string) =>
    crm.edit(
      ...wanted.map((id) => ({ kind: 'update' as const, type: 'contacts' as const, id, patch: { jobTitle: title } })),
    );

  /** By external id. */
  const shards = async (status = 'active'): Promise<Map<string, Json>> => {
    const all = await tenant.walk('listShards', { query: { type: 'contact', status, limit: 100 } });
    return new Map(all.map((shard) => [String((shard['sources'] as Json[])[0]?.['externalId']), shard]));
  };

  const titles = async () => new Map([...(await shards())].map(([id, { data }]) => [id, (data as Json)['jobTitle']]));

  /** The end of a run comes just before its task is free. */
  const rollBack = async (executionId: string, body: object = {}): Promise<Json> => {
    const started = await pollUntil('A free task', async () => {
      const answer = await tenant.send('rollBackExecution', executionId, { body });
      return answer.status === 409 && answer.problem.code === 'already-running' ? undefined : answer;
    });
    expect([started.status, started.raw]).toEqual([202, started.raw]);
    return tenant.followUntil(String((started.json['execution'] as Json)['id']), hasEnded);
  };

  it('says beforehand what would happen, does it, lists what it left, and does it once', async () => {
    const before = await titles();
    await retitle(ids, 'Wrong');
    const bad = await tenant.runToEnd();
    await retitle(ids.slice(0, 2), 'Right');
    const later = await tenant.runToEnd();
    const preview = await tenant.call('rollBackExecution', bad, { body: { preview: true } });
    expect(preview.json).toMatchObject({
      foreseen: { complete: true, counts: { restored: contacts - 2, deleted: 0, left: 2, alreadyUndone: 0 } },
    });
    const foreseen = preview.json['foreseen'] as { sample: Json[]; left: Json[] };
    expect(foreseen.sample).toHaveLength(10);
    expect(foreseen.sample[0]).toMatchObject({ becomes: 'active', changes: [{ field: 'jobTitle', before: 'Wrong' }] });
    expect(foreseen.left[0]).toMatchObject({ reason: 'changed-since', by: { kind: 'run', id: later } });
    expect([...(await titles()).values()].filter((title) => title === 'Wrong')).toHaveLength(contacts - 2);

    const rollback = await rollBack(bad);
    expect(rollback).toMatchObject({
      state: 'partial',
      trigger: 'rollback',
      rollbackOf: bad,
      counts: { received: contacts, updated: contacts - 2, skipped: 2 },
    });
    const after = await titles();
    for (const [index, id] of ids.entries()) expect(after.get(id), id).toBe(index < 2 ? 'Right' : before.get(id));
    const params = tenant.paramsOf(String(rollback['id']));
    const left = await tenant.walk('listLeftRecords', { params, query: { limit: 1, reason: 'changed-since' } });
    expect(left).toMatchObject([{ reason: 'changed-since' }, { reason: 'changed-since', by: { id: later } }]);
    expect(await tenant.walk('listLeftRecords', { params, query: { reason: 'merged' } })).toEqual([]);
    expect(await rollBack(bad)).toMatchObject({ counts: { updated: 0, unchanged: contacts - 2, skipped: 2 } });
    await tenant.runToEnd();
    expect(await titles()).toEqual(after);
  });

  it('a repeated key starts one rollback', async () => {
    await retitle(ids, 'Twice');
    const bad = await tenant.runToEnd();
    const { first, headers } = await pollUntil('A free task', async () => {
      const key = { 'idempotency-key': randomUUID() };
      const answer = await tenant.send('rollBackExecution', bad, { body: {}, headers: key });
      return answer.status === 409 ? undefined : { first: answer, headers: key };
    });
    const again = await tenant.send('rollBackExecution', bad, { body: {}, headers });
    expect([again.raw, again.headers.get('idempotency-replayed')]).toEqual([first.raw, 'true']);
    const started = String((first.json['execution'] as Json)['id']);
    expect(await tenant.followUntil(started, hasEnded)).toMatchObject({ counts: { updated: contacts, skipped: 0 } });
    const runs = await tenant.walk('listExecutions', { params: tenant.task });
    expect(runs.filter(({ rollbackOf }) => rollbackOf === bad).map(({ id }) => id)).toEqual([started]);
  });

  it('tells the history of a shard in pages, and why a field is as it is', async () => {
    const [id = ''] = ids;
    await retitle([id], 'Explained');
    const run = await tenant.runToEnd();
    const shardId = String((await shards()).get(id)?.['id']);
    const params = { shardId };
    const history = await tenant.walk('getShardHistory', { params, query: { limit: 2 } });
    expect(history[0]).toMatchObject({
      status: 'active',
      cause: { kind: 'run', id: run, record: { object: 'contacts', externalId: id } },
      changes: [{ field: 'jobTitle', after: 'Explained' }],
    });
    expect(history.map(({ revision }) => revision)).toEqual(history.map((_each, index) => history.length - index));
    const { admin } = tenant.tenant;
    const why = await admin.call('explainField', { params: { shardId, field: 'jobTitle' } });
    expect(why.json).toMatchObject({ shardId, value: 'Explained', trail: [{ cause: { id: run } }] });
  });

  it('refuses runs that have not ended, and what is not there', async () => {
    await crm.setFaults({ kind: 'slow', ms: 1000, times: 1 });
    const id = await tenant.run();
    expect((await tenant.send('rollBackExecution', id, { body: {} })).problem).toMatchObject({
      status: 409,
      code: 'wrong-state',
    });
    await tenant.followUntil(id, hasEnded);
    await crm.setFaults();
    const { admin } = tenant.tenant;
    const other = await app().signedIn(`other-${randomUUID().slice(0, 8)}`);
    expect((await tenant.send('rollBackExecution', sampleId('execution'), { body: {} })).status).toBe(404);
    expect((await other.send('rollBackExecution', { params: tenant.paramsOf(id), body: {} })).status).toBe(404);
    const [shard] = (await shards()).values();
    const params = { shardId: String(shard?.['id']) };
    expect((await other.send('getShardHistory', { params })).status).toBe(404);
    expect((await other.send('explainField', { params: { ...params, field: 'jobTitle' } })).status).toBe(404);
    expect((await admin.send('getShardHistory', { params: { shardId: sampleId('shard') } })).status).toBe(404);
    const bad = await tenant.send('rollBackExecution', id, { body: { previews: true } });
    expect(bad.problem).toMatchObject({ status: 400, errors: [{ field: '/previews' }] });
    expect((await admin.send('explainField', { params: { ...params, field: '__proto__' } })).status).toBe(400);
  });
}
