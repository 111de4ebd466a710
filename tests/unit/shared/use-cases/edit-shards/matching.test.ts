import { beforeEach, describe, expect, it } from 'vitest';
import { ada, integration, World } from './edited-world.ts';

let world: World;
beforeEach(() => {
  world = new World();
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

  it('gives back what was made here when a merge is undone', async () => {
    const older = (await world.create({ email: 'one@example.org', phone: '+38612345678' })).body;
    world.api.deps.clock.advance(1000);
    const newer = (await world.create({ email: 'two@example.org' })).body;
    await world.update(newer['id'], { email: 'one@example.org' });
    const { items } = (await world.call('GET', 'tenant/merges')).body as { items?: { id: string }[] };
    const undone = await world.call('POST', `tenant/merges/${items?.[0]?.id}/undo`, { body: {} });
    expect(undone).toMatchObject({
      status: 200,
      body: {
        undo: {
          assignments: expect.arrayContaining([
            expect.objectContaining({ integrationId: 'api', to: 'restored' }),
            expect.objectContaining({ integrationId: 'api', to: 'survivor' }),
          ]),
        },
      },
    });
    expect((await world.get(newer['id'])).body).toMatchObject({ id: newer['id'], data: { email: 'one@example.org' } });
    expect((await world.get(older['id'])).body).toMatchObject({ id: older['id'], data: { phone: '+38612345678' } });
    expect(world.identity.faults()).toEqual([]);
    await world.update(newer['id'], { email: 'three@example.org' });
    await world.identity.apply([{ id: 'p9', email: 'three@example.org', integration }]);
    expect(world.emails()).toEqual(['one@example.org', 'three@example.org']);
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
