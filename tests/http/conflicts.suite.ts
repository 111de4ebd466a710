import { beforeAll, expect, it } from 'vitest';
import { DurableInstances } from '../kit/durable-instances.ts';
import { pollUntil } from '../kit/poll-until.ts';
import type { Json } from './api-description.ts';
import { holdFields, heldSince as since } from './hold-fields.ts';
import { type App, createTenant, syncTenant, type Tenant } from './start-app.ts';

export function conflictsSuite(app: () => App): void {
  let tenant: Tenant;
  let contacts: Json[];

  beforeAll(async () => {
    tenant = await createTenant(app());
    await syncTenant(tenant);
    contacts = (await tenant.admin.call('listShards', { query: { type: 'contact', limit: 6 } })).items;
  });

  const hold = (index: number, ours: Readonly<Record<string, string>>) =>
    holdFields(app(), tenant, String(contacts[index]?.['id']), ours);

  const dataOf = async (index: number): Promise<Json> => {
    const shardId = String(contacts[index]?.['id']);
    return (await tenant.admin.call('getShard', { params: { shardId } })).json['data'] as Json;
  };

  it('are listed by what they are about, and shown with both sides', async () => {
    const { admin, integrationId } = tenant;
    const conflictId = await hold(0, { jobTitle: 'Ours', email: 'ours@example.org' });
    const conflict = await admin.call('getConflict', { params: { conflictId } });
    expect(conflict.json).toMatchObject({ state: 'open', kind: 'fields', integrationId, object: 'contacts', since });
    expect(conflict.json['fields']).toMatchObject([
      { field: 'email', base: { value: 'Base' }, ours: { value: 'ours@example.org' } },
      { field: 'jobTitle', theirs: { value: 'Theirs of jobTitle' }, proposed: { by: 'most_complete' } },
    ]);
    const found = async (query: Record<string, string>) =>
      (await admin.call('listConflicts', { query })).items.map((item) => item['id']);
    const { shardId } = conflict.json as { shardId: string };
    const described = { integrationId, type: 'contact', kind: 'fields', field: 'email', shardId };
    expect(await found(described)).toEqual([conflictId]);
    expect(await found({ sinceAfter: since, sinceBefore: '2026-01-02T00:00:00.000Z' })).toEqual([conflictId]);
    for (const other of [
      { field: 'mail' },
      { state: 'resolved' },
      { kind: 'deletion' },
      { type: 'company' },
      { sinceBefore: since },
      { sinceAfter: '2026-01-02T00:00:00.000Z' },
    ]) {
      expect(await found({ shardId, ...other })).toEqual([]);
    }
    const { items } = await admin.call('listEvents', { query: { type: 'conflict.detected', integrationId } });
    expect(items.map((item) => item['subject'])).toContain(conflictId);
  });

  it('are decided per field, as they were seen, and taken back', async () => {
    const { admin } = tenant;
    const conflictId = await hold(1, { jobTitle: 'Ours', email: 'ours@example.org' });
    const params = { conflictId };
    const seen = await admin.call('getConflict', { params });
    const [email, jobTitle] = seen.json['fields'] as Json[];
    const decide = (fields: readonly Json[], headers = {}) =>
      admin.send('resolveConflict', { params, body: { fields }, headers });
    const value = { field: 'email', take: 'value', value: 7 };
    const refused = await decide([value, { field: 'jobTitle', take: 'theirs' }]);
    expect(refused.problem).toMatchObject({ code: 'invalid-request', errors: [{ field: '/fields/0/value' }] });
    expect((await decide([{ field: 'phone', take: 'ours' }])).problem.errors).toMatchObject([
      { field: '/fields/0/field' },
      { field: '/fields' },
      { field: '/fields' },
    ]);
    const both = (version: unknown) => [
      { field: 'email', take: 'ours', version },
      { field: 'jobTitle', take: 'theirs', version: jobTitle?.['version'] },
    ];
    const stale = await decide(both('other'));
    expect([stale.status, stale.problem.errors]).toMatchObject([409, [{ field: '/fields/0/version' }]]);
    expect((await decide(both(email?.['version']), { 'if-match': '"other"' })).status).toBe(412);
    const answer = await decide(both(email?.['version']), { 'if-match': seen.etag });
    expect(answer.json).toMatchObject({ state: 'resolved', decision: { by: 'person', rule: false } });
    expect(await dataOf(1)).toMatchObject({ email: 'ours@example.org', jobTitle: 'Theirs of jobTitle' });
    expect((await decide(both(email?.['version']))).problem.code).toBe('wrong-state');

    const undone = await admin.call('undoConflict', { params });
    expect(undone.json).toMatchObject({ state: 'open', decision: { undone: { actor: expect.any(String) } } });
    expect(await dataOf(1)).toMatchObject({ email: 'ours@example.org', jobTitle: 'Ours' });
    expect((await admin.send('undoConflict', { params })).problem.code).toBe('wrong-state');
    await decide([
      { field: 'email', take: 'value', value: 'new@example.org' },
      { field: 'jobTitle', take: 'ours' },
    ]);
    expect(await dataOf(1)).toMatchObject({ email: 'new@example.org', jobTitle: 'Ours' });
  });

  it('are decided by operators, and made a rule by admins only', async () => {
    const conflictId = await hold(2, { jobTitle: 'Ours' });
    const send = async (role: 'viewer' | 'operator', rule: boolean) => {
      const caller = await app().signedIn(tenant.tenantId, role);
      const body = { fields: [{ field: 'jobTitle', take: 'ours' }], rule };
      return caller.send('resolveConflict', { params: { conflictId }, body });
    };
    expect((await send('viewer', false)).status).toBe(403);
    expect((await send('operator', true)).status).toBe(403);
    expect((await send('operator', false)).status).toBe(200);
    const other = await createTenant(app());
    expect((await other.admin.send('getConflict', { params: { conflictId } })).status).toBe(404);
    expect((await other.admin.send('undoConflict', { params: { conflictId } })).status).toBe(404);
  });

  it('are decided alike, in the background', async () => {
    const { admin } = tenant;
    const ids = [await hold(3, { jobTitle: 'Ours' }), await hold(4, { jobTitle: 'Mine' })];
    const begun = await admin.call('resolveConflicts', { body: { like: ids[0], take: 'theirs' } });
    const params = { resolutionId: begun.text('id') };
    const done = await pollUntil('The end of the resolution', async () => {
      const { json } = await admin.call('getConflictResolution', { params });
      return json['state'] === 'done' ? json : undefined;
    });
    expect(done).toMatchObject({ resolved: 2, left: 0, reasons: [] });
    for (const index of [3, 4]) expect(await dataOf(index)).toMatchObject({ jobTitle: 'Theirs of jobTitle' });
    const { items } = await admin.call('listConflicts', { query: { state: 'resolved', limit: 100 } });
    const decided = items.filter((item) => ids.includes(String(item['id'])));
    const decision = { by: 'resolution', resolutionId: params.resolutionId };
    expect(decided).toMatchObject([{ decision }, { decision }]);
    expect((await admin.call('listConflictResolutions')).items).toMatchObject([{ id: params.resolutionId }]);
  });

  it('end their orchestrations', async () => {
    const instances = new DurableInstances(app());
    await pollUntil('No orchestration that waits for a decided conflict', async () => {
      const waiting = await instances.running('conflict_');
      const { items } = await tenant.admin.call('listConflicts', { query: { limit: 100 } });
      const open = items.map((each) => String(each['id']));
      return waiting.sort().join() === open.sort().join() ? true : undefined;
    });
  });
}
