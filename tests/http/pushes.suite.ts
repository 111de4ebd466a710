import { beforeAll, expect, it } from 'vitest';
import { sampleId } from '../kit/sample-documents.ts';
import { type App, createTenant, type Tenant } from './start-app.ts';

/** What people see and steer of the writing to an integration. */
export function pushesSuite(app: () => App): void {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await createTenant(app());
  });

  it('shows an integration to which nothing was ever written as idle, and lets it go on', async () => {
    const { admin, integrationId } = tenant;
    const params = { integrationId };
    const idle = { state: 'idle', unsettled: 0, totals: { created: 0, updated: 0, deleted: 0 } };
    expect((await admin.call('getPushState', { params })).json).toMatchObject(idle);
    expect((await admin.call('resumePush', { params })).json).toMatchObject(idle);
    expect((await admin.call('listPushProblems', { params })).items).toEqual([]);
    expect((await admin.call('listPushProblems', { params, query: { state: 'held' } })).items).toEqual([]);
  });

  it('knows nothing to write again of a shard that it does not have', async () => {
    const params = { integrationId: tenant.integrationId, shardId: sampleId('shard') };
    expect((await tenant.admin.send('retryPush', { params, body: { created: false } })).status).toBe(404);
  });

  it('takes a task that pushes, with its conflicts settled by field, and refuses what cannot be written', async () => {
    const { admin, integrationId } = tenant;
    const params = { integrationId };
    const fields = [{ from: 'jobTitle', to: 'jobTitle' }];
    const body = {
      name: 'Both ways',
      direction: 'bidirectional',
      objects: [{ object: 'contacts', shardTypeId: 'contact', fields }],
      conflicts: { policy: 'newest', fields: { jobTitle: 'external_wins' }, deadlineMinutes: 48 },
    };
    const created = await admin.call('createTask', { params, body });
    expect(created.json).toMatchObject({
      direction: 'bidirectional',
      creates: true,
      conflicts: { policy: 'newest', fields: { jobTitle: 'external_wins' }, onDeadline: 'internal_wins' },
    });
    const wrong = { ...body, conflicts: { policy: 'strongest' } };
    const refused = await admin.send('createTask', { params, body: wrong });
    expect(refused.status).toBe(400);
    expect(refused.json['errors']).toMatchObject([{ in: 'body', field: '/conflicts/policy' }]);
  });
}
