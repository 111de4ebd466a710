import { expect, it } from 'vitest';
import { suppressRecords } from '../../../../../shared/use-cases/suppressions/suppress-records.ts';
import { PushWorld } from '../../../../kit/push-world.ts';
import { sampleId } from '../../../../kit/sample-documents.ts';
import { integrationOf } from '../../../../kit/two-way/set-up.ts';

it('a push that the provider answers with the record of an erased person ties nothing to it, and says so', async () => {
  const world = await PushWorld.inStep();
  const { deps, scope } = world;
  // The first record that it makes.
  const externalId = `${world.b.name}001`;
  const record = { integrationId: integrationOf(1), object: 'people', externalId };
  await suppressRecords(deps, scope, sampleId('erasure'), [record]);
  const made = world.a.create({ name: 'Ana', email: 'ana@x.org' });
  await world.read(0);
  expect(world.b.live().map(({ id }) => id)).toEqual([externalId]);
  const shard = world.shardOf(made);
  expect(world.problemAt(shard, 1)).toBe('failed');
  expect(Object.values(shard.pushProblems ?? {})[0]?.reason).toMatch(/who was erased/);
  await world.read(1, true);
  expect(world.shards()).toHaveLength(1);
  expect(deps.links.all().map((link) => link.externalId)).toEqual([made.id]);
  expect(world.b.live()).toHaveLength(1);
});
