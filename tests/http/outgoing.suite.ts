import { beforeAll, expect, it } from 'vitest';
import { eventTypes } from '../../shared/contracts/event-schemas.ts';
import { type App, createTenant, deafUrl, type Tenant } from './start-app.ts';

const alert = {
  id: 'theirs-1',
  type: 'activity.alert',
  subject: 'project-1',
  data: { severity: 'warning', title: 'Look' },
};

export function outgoingSuite(app: () => App): void {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await createTenant(app());
  });

  it('publishes the schemas of all events', async () => {
    const { items } = await tenant.admin.call('listEventSchemas');
    expect(items.map((item) => item['type'])).toEqual([...eventTypes]);
    const one = await tenant.admin.call('getEventSchema', { params: { type: 'project.shared' } });
    expect(one.items).toEqual(items.filter((item) => item['type'] === 'project.shared'));
    expect(one.items).toMatchObject([{ version: 1, current: true, source: 'product', schema: { type: 'object' } }]);
    const unknown = await tenant.admin.send('getEventSchema', { params: { type: 'no.such' } });
    expect(unknown.problem.errors).toMatchObject([{ in: 'path', field: 'type' }]);
  });

  it('takes an event of the product once under its id', async () => {
    const { admin } = tenant;
    const first = await admin.call('publishEvent', { body: alert });
    expect(first.status).toBe(202);
    expect((await admin.call('publishEvent', { body: alert })).json).toEqual(first.json);
    const { items } = await admin.call('listEvents', { query: { type: 'activity.alert' } });
    expect(items).toEqual([first.json]);
    const other = await admin.send('publishEvent', { body: { ...alert, subject: 'project-2' } });
    expect([other.problem.code, other.problem.errors?.[0]?.field]).toEqual(['already-exists', '/id']);
  });

  it.each([
    ['a type of the system', { ...alert, type: 'sync.failed' }, '/type'],
    ['data that does not fit', { ...alert, data: { severity: 'dire', title: 'Look' } }, '/data/severity'],
    ['a field that is missing', { ...alert, data: { severity: 'info' } }, '/data/title'],
    ['no id', { ...alert, id: undefined }, '/id'],
  ])('refuses an event with %s, and names the place', async (_what, body, field) => {
    const { status, problem } = await tenant.admin.send('publishEvent', { body });
    expect([status, problem.errors?.map((error) => error.field)]).toEqual([400, [field]]);
  });

  it('lives through the life of a subscription', async () => {
    const { admin } = tenant;
    const body = { url: deafUrl, events: [{ type: 'sync.*' }], description: 'Ours', orderBy: 'subject' };
    const created = await admin.call('createSubscription', { body });
    const { secret, ...shown } = created.json;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({ ...body, enabled: true, health: { circuit: 'closed', consecutiveFailures: 0 } });
    const params = { subscriptionId: created.text('id') };
    const read = await admin.call('getSubscription', { params });
    expect(read.json).toEqual(shown);
    expect(read.etag).toBe(created.etag);
    expect((await admin.call('listSubscriptions')).items).toEqual([shown]);
    const headers = { 'if-match': read.etag };
    const updated = await admin.call('updateSubscription', { params, headers, body: { orderBy: null } });
    expect(updated.json).toMatchObject({ description: 'Ours', events: body.events });
    expect(updated.json['orderBy']).toBeUndefined();
    const stale = await admin.send('updateSubscription', { params, headers, body: { enabled: false } });
    expect(stale.problem.code).toBe('precondition-failed');
    const rotated = await admin.call('rotateSubscriptionSecret', { params, body: {} });
    expect(rotated.text('secret')).not.toBe(secret);
    expect(rotated.json['secrets']).toHaveLength(2);
    const raw = (await admin.call('getSubscription', { params })).raw + (await admin.call('listSubscriptions')).raw;
    for (const each of [String(secret), rotated.text('secret')]) expect(raw).not.toContain(each);
    const tested = await admin.call('testSubscription', { params });
    expect(tested.json).toMatchObject({ state: 'dead', test: true, attempts: [{ outcome: 'failed' }] });
    const dispatchId = tested.text('id');
    const dispatch = await admin.call('getDispatch', { params: { ...params, dispatchId } });
    expect(JSON.parse(dispatch.text('body'))).toMatchObject({ type: 'subscription.test', version: 1 });
    const again = await admin.call('replayDispatch', { params: { ...params, dispatchId } });
    expect(again.json).toMatchObject({ replayOf: dispatchId, eventId: dispatch.json['eventId'] });
    const { items } = await admin.call('listDispatches', { params });
    expect(items.map((item) => item['id'])).toEqual([again.text('id'), dispatchId]);
    const range = { since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' };
    const replay = await admin.call('replayEvents', { params, body: range });
    const replayId = replay.text('id');
    expect((await admin.call('getEventReplay', { params: { ...params, replayId } })).json['dispatched']).toBe(0);
    const backwards = { since: range.until, until: range.since };
    const refused = await admin.send('replayEvents', { params, body: backwards });
    expect(refused.problem.errors).toMatchObject([{ field: '/until' }]);
    await admin.call('updateSubscription', { params, body: { enabled: false } });
    expect((await admin.send('replayEvents', { params, body: range })).problem.code).toBe('wrong-state');
    await admin.call('deleteSubscription', { params });
    expect((await admin.send('getSubscription', { params })).status).toBe(404);
  });

  it.each([
    ['http://169.254.169.254/latest', 'must be at a public address'],
    ['https://user:secret@receiver.example/', 'must have no user, password or fragment'],
    ['ftp://receiver.example/', 'must be an absolute https URL'],
    ['/relative', 'must be an absolute https URL'],
  ])('refuses to post to %s', async (url, message) => {
    const answer = await tenant.admin.send('createSubscription', { body: { url, events: [{ type: '*' }] } });
    expect(answer.problem.errors).toEqual([{ in: 'body', field: '/url', message }]);
  });
}
