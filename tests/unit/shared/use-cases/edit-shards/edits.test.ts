import { beforeEach, describe, expect, it } from 'vitest';
import { ada, tenant, World } from './edited-world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

describe('a shard that is made here', () => {
  it('is created, shown, changed field by field, and deleted', async () => {
    const created = await world.create(ada);
    expect(created).toMatchObject({
      status: 201,
      body: { shardTypeId: 'contact', status: 'active', revision: 1, data: ada, sources: [] },
    });
    const { id } = created.body;
    expect((await world.get(id)).body).toEqual(created.body);
    expect((await world.get(id)).headers['etag']).toBe(created.headers['etag']);
    const patch = { phone: '+44 20 7946 0000', address: { street: null, postalCode: 'SW1' }, name: null };
    const updated = await world.update(id, patch);
    expect(updated.body).toMatchObject({
      revision: 2,
      data: { email: ada.email, phone: patch.phone, address: { city: 'London', postalCode: 'SW1' } },
    });
    expect(updated.body['data']).not.toHaveProperty('name');
    expect((await world.call('DELETE', `tenant/shards/${id}`)).status).toBe(204);
    expect((await world.get(id)).body).toMatchObject({ status: 'deleted', revision: 3 });
    expect((await world.call('DELETE', `tenant/shards/${id}`)).status).toBe(204);
    expect(await world.update(id, { phone: '1' })).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
    expect(world.identity.faults()).toEqual([]);
    const actions = world.api.deps.audit.all().map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith('shard.'))).toEqual([
      'shard.created',
      'shard.updated',
      'shard.deleted',
      'shard.deleted',
    ]);
  });

  it('keeps what its revisions were, and who made them', async () => {
    const { id } = (await world.create(ada)).body;
    await world.update(id, { email: 'a@example.org' });
    const [shard] = world.identity.shards();
    expect(shard).toMatchObject({
      cause: { kind: 'person', actorId: `user of ${tenant}` },
      edits: { email: { by: expect.stringMatching(/^req_/) } },
    });
    expect(world.api.deps.journal.all()).toMatchObject([{ shardId: id, revision: 1, image: { data: ada } }]);
    expect((await world.update(id, { email: 'a@example.org' })).body['revision']).toBe(2);
    expect(world.api.deps.journal.all()).toHaveLength(1);
  });

  it('is one, however often the request is repeated', async () => {
    const first = await world.create(ada, 'key-1');
    expect((await world.create(ada, 'key-1')).body).toEqual(first.body);
    expect(world.emails()).toEqual([ada.email]);
  });
});

describe('what is refused, with the field', () => {
  it.each<[string, object, string]>([
    ['an unknown type', { shardTypeId: 'nothing', data: {} }, '/shardTypeId'],
    ['a field of another kind', { shardTypeId: 'contact', data: { address: { city: 7 } } }, '/data/address/city'],
    ['an item of another kind', { shardTypeId: 'contact', data: { emails: ['a', 7] } }, '/data/emails/1'],
    ['a name that is no path', { shardTypeId: 'contact', data: { own: { 'a.b': 1 } } }, '/data/own/a.b'],
    [
      'a name that objects inherit',
      { shardTypeId: 'contact', data: { own: { constructor: 1 } } },
      '/data/own/constructor',
    ],
    ['a text that no store carries', { shardTypeId: 'contact', data: { email: 'a\u0000' } }, '/data/email'],
    ['an unknown part of the request', { shardTypeId: 'contact', data: {}, id: 'shd_1' }, '/id'],
  ])('%s', async (_name, body, field) => {
    const refused = await world.call('POST', 'tenant/shards', { body });
    expect(refused.status).toBe(400);
    expect(refused.body.errors?.map((error) => error.field)).toEqual([field]);
    expect(world.identity.shards()).toEqual([]);
  });

  it('what nests too deep, or is too large with what was there', async () => {
    let deep: object = {};
    for (let level = 0; level < 40; level += 1) deep = { inner: deep };
    expect((await world.create({ deep })).status).toBe(400);
    const { id } = (await world.create({ own: { a: 'x'.repeat(500_000) } })).body;
    const refused = await world.update(id, { own: { b: 'y'.repeat(500_000) } });
    expect(refused.body.errors).toMatchObject([{ field: '/data', message: expect.stringContaining('too large') }]);
  });

  it('an edit that does not fit, but not for what did not fit before', async () => {
    const { id } = (await world.create({ email: 'a@example.org' })).body;
    expect((await world.update(id, { jobTitle: 7 })).body.errors).toMatchObject([{ field: '/data/jobTitle' }]);
    const [stored] = world.api.deps.shards.all();
    if (stored === undefined) throw new Error('the shard is there');
    await world.api.deps.shards.write(world.identity.scope, {
      kind: 'upsert',
      document: { ...stored, data: { ...stored.data, jobTitle: 7 } },
    });
    expect((await world.update(id, { phone: '1' })).status).toBe(200);
  });

  it('what others have changed meanwhile, what is not there, and who may only look', async () => {
    const created = await world.create(ada);
    const { id } = created.body;
    const headers = { 'if-match': created.headers['etag'] ?? '' };
    expect((await world.update(id, { phone: '1' }, headers)).status).toBe(200);
    expect((await world.update(id, { phone: '2' }, headers)).status).toBe(412);
    expect((await world.call('DELETE', `tenant/shards/${id}`, { headers })).status).toBe(412);
    const other = String(id).replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect((await world.update(other, {})).status).toBe(404);
    expect((await world.call('DELETE', `tenant/shards/${other}`)).status).toBe(404);
    expect((await world.call('PATCH', `tenant/shards/${id}`, { body: { data: {} }, role: 'viewer' })).status).toBe(403);
    const elsewhere = await world.call('PATCH', `tenant/shards/${id}`, { body: { data: {} }, tenant: 'globex' });
    expect(elsewhere.status).toBe(404);
  });
});
