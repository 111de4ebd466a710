import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { type App, createTenant, type Tenant } from './start-app.ts';

export function idempotencySuite(app: () => App): void {
  let tenant: Tenant;
  let body: object;

  beforeAll(async () => {
    tenant = await createTenant(app());
    const { json } = await tenant.admin.call('getIntegration', { params: { integrationId: tenant.integrationId } });
    body = { provider: json['provider'], name: 'Once', settings: json['settings'] };
  });

  const create = (key: string, changes: object = {}) =>
    tenant.admin.send('createIntegration', { body: { ...body, ...changes }, headers: { 'idempotency-key': key } });
  const named = async (name: string) =>
    (await tenant.admin.call('listIntegrations', { query: { limit: 100 } })).items.filter(
      (item) => item['name'] === name,
    );

  it('gives the first answer again', async () => {
    const key = randomUUID();
    const first = await create(key);
    const second = await create(key);
    expect([first.status, second.status, second.raw, second.etag]).toEqual([201, 201, first.raw, first.etag]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await named('Once')).toHaveLength(1);
  });

  it('answers 422 to another request under the key', async () => {
    const key = randomUUID();
    await create(key, { name: 'First' });
    expect((await create(key, { name: 'Second' })).problem.code).toBe('idempotency-key-reused');
    expect(await named('Second')).toEqual([]);
  });

  it('carries out one of many at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const [key, name] = [randomUUID(), `Race ${round}`];
      const answers = await Promise.all(Array.from({ length: 10 }, () => create(key, { name })));
      const ids = new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.text('id')));
      for (const answer of answers) {
        if (answer.status !== 201) expect(answer.problem.code).toBe('request-in-progress');
      }
      expect(ids.size).toBe(1);
      expect(await named(name)).toHaveLength(1);
    }
  });

  it('starts one run for one key, however often it is sent', async () => {
    const { integrationId, taskId, admin } = tenant;
    const run = () =>
      admin.send('runTask', { params: { integrationId, taskId }, headers: { 'idempotency-key': 'run it' } });
    const first = await run();
    const again = await Promise.all([run(), run(), run()]);
    expect(first.status).toBe(202);
    for (const answer of again) expect(answer.text('id')).toBe(first.text('id'));
    expect((await admin.call('listExecutions', { params: { integrationId } })).items).toHaveLength(1);
  });

  it('removes once, and says so again', async () => {
    const created = await create(randomUUID(), { name: 'Short' });
    const params = { integrationId: created.text('id') };
    const headers = { 'idempotency-key': randomUUID() };
    expect((await tenant.admin.send('deleteIntegration', { params, headers })).status).toBe(204);
    expect((await tenant.admin.send('deleteIntegration', { params, headers })).status).toBe(204);
    expect((await tenant.admin.send('deleteIntegration', { params })).status).toBe(404);
  });

  it('keeps keys of tenants apart', async () => {
    const key = randomUUID();
    const other = await createTenant(app());
    const [mine, theirs] = [
      await create(key),
      await other.admin.send('createIntegration', { body, headers: { 'idempotency-key': key } }),
    ];
    expect(theirs.status).toBe(201);
    expect(theirs.text('id')).not.toBe(mine.text('id'));
  });
}
