import { expect, it } from 'vitest';
import { ana, PushWorld } from '../../../../kit/push-world.ts';
import { setUpMatching } from '../../../../kit/two-way/set-up.ts';

it('makes no revision of a shard of a page whose records lead back to what it had', async () => {
  const world = await PushWorld.inStep();
  setUpMatching(world.deps, world.scope);
  await world.changeTask(1, { creates: false });
  const record = world.a.create(ana);
  await world.read(0);
  const { createdIn, updatedAt } = world.shardOf(record);
  world.deps.clock.advance(60_000);
  world.b.create({ ...ana, name: 'Newer' });
  world.deps.clock.advance(2000);
  // The newest says what the shard does.
  world.b.create(ana);
  await world.sync(1, false);
  await world.deliver('sync', false);
  const shard = world.shardOf(record);
  expect(world.sourcesAt(shard, 1)).toHaveLength(2);
  expect(shard).toMatchObject({ data: ana, revision: 1, cause: { id: createdIn }, updatedAt });
});
