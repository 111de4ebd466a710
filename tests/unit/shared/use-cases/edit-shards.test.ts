import { beforeEach, describe, expect, it } from 'vitest';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { IdentityWorld, plainRules } from '../../../kit/identity-world.ts';
import { traceparent } from '../../../kit/sync-harness.ts';
import { type CallOptions, type CallResult, MemoryApi } from './api.ts';

const tenant = 'acme';
const integration = 'int_01q3dcbd00e0000000000000ab';

/** The API and the pages of runs over the same stores. */
class World {
  readonly api = new MemoryApi();
  readonly identity = new IdentityWorld(plainRules, this.api.deps);

  call(method: string, path: string, options: CallOptions = {}): Promise<CallResult> {
    return this.api.call(method, path, { tenant, ...options });
  }

  create(data: object, key?: string): Promise<CallResult> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.call('POST', 'tenant/shards', { body: { shardTypeId: 'contact', data }, headers });
  }

  update(id: unknown, data: object, headers: Record<string, string> = {}): Promise<CallResult> {
    return this.call('PATCH', `tenant/shards/${id}`, { body: { data }, headers });
  }

  get(id: unknown): Promise<CallResult> {
    return this.call('GET', `tenant/shards/${id}`);
  }

  /** The shards that are there, by their e-mail. */
  emails(): unknown[] {
    const active = this.identity.shards().filter(({ status }) => status === 'active');
    return active.map(({ data }) => data['email']).sort();
  }

  /** The clock, once everything that waits is due. */
  async tick(): Promise<void> {
    this.api.deps.clock.advance(120_000);
    await runDueEntries(this.api.deps, traceparent);
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const ada = {
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  address: { city: 'London', street: 'St James’s Square' },
};

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

describe('matching', () => {
  const record = { id: 'p1', name: 'Ada', email: ada.email, integration };

  it("lets a provider's record join what was made here", async () => {
    const { id } = (await world.create(ada)).body;
    await world.identity.apply([record]);
    expect(world.emails()).toEqual([ada.email]);
    const shown = (await world.get(id)).body;
    expect(shown['sources']).toEqual([{ integrationId: integration, object: 'people', externalId: 'p1' }]);
    expect(world.identity.faults()).toEqual([]);
  });

  it("lets what is made here join a provider's record, and says which shard it is", async () => {
    await world.identity.apply([record]);
    const [there] = world.identity.shards();
    world.api.deps.clock.advance(1000);
    const created = await world.create({ ...ada, name: 'Countess' });
    expect(created.body).toMatchObject({ id: there?.id, data: { name: 'Countess' } });
    expect(world.emails()).toEqual([ada.email]);
  });

  it('goes by what was said last here, and by nothing once it is deleted', async () => {
    const { id } = (await world.create(ada)).body;
    await world.update(id, { email: 'countess@example.org' });
    await world.identity.apply([record]);
    expect(world.emails()).toEqual([ada.email, 'countess@example.org']);
    await world.identity.apply([{ id: 'p2', email: 'countess@example.org', integration }]);
    expect(world.emails()).toEqual([ada.email, 'countess@example.org']);
    expect(world.identity.faults()).toEqual([]);
    const alone = (await world.create({ email: 'alone@example.org' })).body;
    await world.call('DELETE', `tenant/shards/${alone['id']}`);
    await world.identity.apply([{ id: 'p3', email: 'alone@example.org', integration }]);
    expect(world.emails()).toEqual([ada.email, 'alone@example.org', 'countess@example.org']);
    expect((await world.get(alone['id'])).body['status']).toBe('deleted');
    expect(world.identity.faults()).toEqual([]);
  });

  it('merges two shards that an edit makes one, and answers the one that stays', async () => {
    const older = (await world.create({ email: 'one@example.org' })).body;
    world.api.deps.clock.advance(1000);
    const newer = (await world.create({ email: 'two@example.org' })).body;
    const merged = (await world.update(newer['id'], { email: 'one@example.org' })).body;
    expect(merged).toMatchObject({ id: older['id'], mergedInto: older['id'], data: { email: 'one@example.org' } });
    const again = (await world.update(newer['id'], { phone: '1' })).body;
    expect(again).toMatchObject({ id: older['id'], mergedInto: older['id'], data: { phone: '1' } });
    expect(world.identity.faults()).toEqual([]);
  });

  it('makes a shard again that was deleted here, when it is created anew', async () => {
    await world.identity.apply([record]);
    const [there] = world.identity.shards();
    await world.call('DELETE', `tenant/shards/${there?.id}`);
    await world.identity.apply([record]);
    expect((await world.get(there?.id)).body['status']).toBe('deleted');
    expect((await world.create(ada)).body).toMatchObject({ id: there?.id, status: 'active' });
  });
});

describe('a crash at any step', () => {
  type Act = (world: World, headers: Record<string, string>) => Promise<CallResult>;
  const acts: readonly [string, Act, readonly unknown[]][] = [
    [
      'of a create',
      (each, headers) =>
        each.call('POST', 'tenant/shards', {
          body: { shardTypeId: 'contact', data: { ...ada, city: 'Bath' } },
          headers,
        }),
      [ada.email, 'older@example.org'],
    ],
    [
      'of a create that joins',
      (each, headers) =>
        each.call('POST', 'tenant/shards', {
          body: { shardTypeId: 'contact', data: { email: 'older@example.org', phone: '+386 1 234 56 78' } },
          headers,
        }),
      ['older@example.org'],
    ],
    [
      'of an edit',
      (each, headers) =>
        each.call('PATCH', `tenant/shards/${older}`, { body: { data: { email: 'newer@example.org' } }, headers }),
      ['newer@example.org'],
    ],
    ['of a delete', (each, headers) => each.call('DELETE', `tenant/shards/${older}`, { headers }), []],
  ];
  let older: unknown;

  async function begin(): Promise<World> {
    const fresh = new World();
    older = (await fresh.create({ email: 'older@example.org' })).body['id'];
    fresh.api.deps.clock.advance(1000);
    return fresh;
  }

  async function countSteps(act: Act): Promise<number> {
    const fresh = await begin();
    const before = fresh.api.deps.faults.steps;
    await act(fresh, { 'idempotency-key': 'k' });
    return fresh.api.deps.faults.steps - before;
  }

  it.each(acts)('%s loses and doubles nothing when the request is repeated', async (_name, act, emails) => {
    const steps = await countSteps(act);
    expect(steps).toBeGreaterThan(3);
    for (let step = 1; step <= steps; step += 1) {
      for (const moment of ['before', 'after'] as const) {
        const fresh = await begin();
        fresh.api.deps.faults.crashAt(step, moment);
        await act(fresh, { 'idempotency-key': 'k' });
        expect(fresh.api.deps.faults.crashed).toBe(true);
        fresh.api.deps.faults.restart();
        fresh.api.deps.clock.advance(61_000);
        const repeated = await act(fresh, { 'idempotency-key': 'k' });
        expect(repeated.status, `step ${step} ${moment}`).toBeLessThan(300);
        await fresh.tick();
        expect(fresh.emails(), `step ${step} ${moment}`).toEqual(emails);
        expect(fresh.identity.faults(), `step ${step} ${moment}`).toEqual([]);
        expect(fresh.api.deps.due.all()).toEqual([]);
      }
    }
  });

  it.each(acts)('%s leaves keys that are true when nobody repeats it', async (_name, act) => {
    const steps = await countSteps(act);
    for (let step = 1; step <= steps; step += 1) {
      const fresh = await begin();
      fresh.api.deps.faults.crashAt(step, 'after');
      await act(fresh, { 'idempotency-key': 'k' });
      fresh.api.deps.faults.restart();
      await fresh.tick();
      expect(fresh.identity.faults(), `step ${step}`).toEqual([]);
      const shown = fresh.emails();
      await fresh.identity.apply(
        ['older@example.org', 'newer@example.org', ada.email].map((email) => ({ id: email, email })),
      );
      expect(new Set(fresh.emails()).size, `step ${step}`).toBe(fresh.emails().length);
      expect(fresh.emails()).toEqual(expect.arrayContaining(shown));
    }
  });
});
