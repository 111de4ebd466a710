import { describe, expect, it } from 'vitest';
import { updateShardType } from '../../../../shared/use-cases/update-shard-type.ts';
import type { TargetInput } from '../../../kit/convert-with.ts';
import { createSyncHarness, inlineMappingOf, longAgo } from '../../../kit/sync-harness.ts';
import { publishTargets as publish, shardsOf } from './publish-targets.ts';

const person: TargetInput = { shardTypeId: 'contact', fields: [{ to: 'name', from: 'name', required: true }] };
const employer: TargetInput = {
  shardTypeId: 'company',
  name: 'employer',
  externalId: 'company.id',
  when: [{ field: 'company', is: 'present' }],
  fields: [{ to: 'name', from: 'company.name' }],
};

describe('a run by a conversion schema', () => {
  it('feeds several shards from one record, and counts each', async () => {
    const harness = await createSyncHarness();
    await publish(harness, [person, employer]);
    for (const [id, company] of [
      ['a', 'c1'],
      ['b', 'c1'],
      ['c', 'c2'],
    ] as const) {
      harness.provider.put(id, { name: id, company: { id: company, name: `Company ${company}` } }, longAgo);
    }
    harness.provider.put('d', { name: 'd' }, longAgo);
    const run = await harness.run();
    expect(run).toMatchObject({ state: 'succeeded', counts: { received: 7, created: 6, skipped: 1, failed: 0 } });
    expect((await shardsOf(harness, 'company')).map((shard) => shard.data['name']).sort()).toEqual([
      'Company c1',
      'Company c2',
    ]);
    expect(await shardsOf(harness, 'contact')).toHaveLength(4);
    expect((await harness.run('full')).counts).toMatchObject({ created: 0, updated: 0 });
  });

  it('counts a record that no target is meant for as skipped', async () => {
    const harness = await createSyncHarness();
    await publish(harness, [employer]);
    harness.provider.put('a', { name: 'a' }, longAgo);
    expect((await harness.run()).counts).toMatchObject({ received: 1, skipped: 1 });
  });

  it('keeps the version that it began with, and the next run reads the object anew with the published one', async () => {
    const harness = await createSyncHarness({ pageSize: 2, engine: { pagesPerSlice: 1 } });
    await publish(harness, [person]);
    for (let index = 0; index < 6; index += 1)
      harness.provider.put(`p${index}`, { name: `P${index}`, city: 'Ptuj' }, longAgo);
    const started = await harness.start();
    await publish(harness, [{ ...person, fields: [...person.fields, { to: 'town', from: 'city' }] }]);
    expect((await harness.finish(started.id)).counts).toMatchObject({ received: 6, created: 6 });
    for (const shard of await shardsOf(harness, 'contact')) expect(Object.keys(shard.data)).toEqual(['name']);
    expect((await harness.run()).counts).toMatchObject({ received: 6, updated: 6 });
    for (const shard of await shardsOf(harness, 'contact')) expect(shard.data['town']).toBe('Ptuj');
  });

  it('reads the object anew when a shard type changed, and sets aside what no longer fits', async () => {
    const harness = await createSyncHarness();
    await publish(harness, [person]);
    harness.provider.put('short', { name: 'Ana' }, longAgo);
    harness.provider.put('long', { name: 'A very long name' }, longAgo);
    expect((await harness.run()).state).toBe('succeeded');
    const schema = { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } };
    await updateShardType(harness.deps, harness.scope, {
      params: { shardTypeId: 'contact' },
      query: undefined,
      body: { schema },
      ifMatch: undefined,
      attempt: { at: harness.deps.now(), repeated: false },
    });
    const run = await harness.run();
    expect(run).toMatchObject({ state: 'partial', counts: { received: 2, failed: 1 } });
    expect(harness.deps.runs.failedRecords.all()).toMatchObject([
      { executionId: run.id, externalId: 'long', errors: [{ field: 'name' }] },
    ]);
  });

  it('evaluates templates and scripts, and sets aside the records that they fail for', async () => {
    const harness = await createSyncHarness();
    await publish(harness, [
      {
        shardTypeId: 'contact',
        fields: [
          { to: 'name', template: 'first & " " & last' },
          { to: 'age', script: 'record.born === undefined ? null.x : 2030 - record.born' },
        ],
      },
    ]);
    harness.provider.put('a', { first: 'Ana', last: 'Novak', born: 1990 }, longAgo);
    harness.provider.put('b', { first: 'Ben', last: 'Kos' }, longAgo);
    const run = await harness.run();
    expect(run.counts).toMatchObject({ received: 2, created: 1, failed: 1 });
    expect((await harness.shards()).get('a')?.data).toEqual({ name: 'Ana Novak', age: 40 });
  });

  it('ends with words when its schema was removed', async () => {
    const harness = await createSyncHarness();
    await publish(harness, [person]);
    harness.provider.put('a', { name: 'a' }, longAgo);
    const started = await harness.start();
    for (const { id } of harness.deps.conversionContents.all())
      await harness.deps.conversionContents.remove(harness.scope, { id });
    expect(await harness.finish(started.id)).toMatchObject({
      state: 'failed',
      problem: 'The conversion schema was removed.',
    });
  });
});

describe('a reference to another record', () => {
  const withBoss: TargetInput = {
    shardTypeId: 'contact',
    fields: [
      { to: 'name', from: 'name' },
      { to: 'boss', lookup: { from: 'boss', shardTypeId: 'contact', object: 'people' } },
    ],
  };

  it.each([1, 3, 100])('is the same whichever of the two is read first, by pages of %i', async (pageSize) => {
    const harness = await createSyncHarness({ pageSize });
    await publish(harness, [withBoss]);
    const bosses = { a: 'c', b: 'a', c: 'b', d: 'a' };
    for (const [id, boss] of Object.entries(bosses)) harness.provider.put(id, { name: id, boss }, longAgo);
    const run = await harness.run();
    expect(run).toMatchObject({ state: 'succeeded', counts: { received: 4, created: 4 } });
    const shards = await harness.shards();
    for (const [id, boss] of Object.entries(bosses)) expect(shards.get(id)?.data['boss']).toBe(shards.get(boss)?.id);
    expect((await harness.run('full')).counts).toMatchObject({ unchanged: 4 });
  });

  it.each(['before', 'after'] as const)('survives a crash at any step (%s it took)', async (moment) => {
    const bosses = { a: 'c', b: 'a', c: 'b' };
    const begin = async () => {
      const harness = await createSyncHarness({ pageSize: 1 });
      await publish(harness, [withBoss]);
      for (const [id, boss] of Object.entries(bosses)) harness.provider.put(id, { name: id, boss }, longAgo);
      return { harness, id: (await harness.start()).id };
    };
    const undisturbed = await begin();
    const before = undisturbed.harness.deps.faults.steps;
    await undisturbed.harness.finish(undisturbed.id);
    const steps = undisturbed.harness.deps.faults.steps - before;
    expect(steps).toBeGreaterThan(20);
    for (let step = 1; step <= steps; step += 1) {
      const { harness, id } = await begin();
      harness.deps.faults.crashAt(step, moment);
      const run = await harness.finish(id);
      expect(run, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { received: 3, created: 3 } });
      const shards = await harness.shards();
      expect(shards.size, `step ${step}`).toBe(3);
      for (const [from, to] of Object.entries(bosses)) {
        expect(shards.get(from)?.data['boss'], `step ${step}`).toBe(shards.get(to)?.id);
      }
    }
  });

  it('by field is the one shard that has the value', async () => {
    const harness = await createSyncHarness();
    const inline = inlineMappingOf(await harness.task());
    expect(inline.shardTypeId).toBe('contact');
    harness.provider.put('a', { name: 'Ana', city: 'Ptuj' }, longAgo);
    harness.provider.put('b', { name: 'Ben', city: 'Ptuj' }, longAgo);
    await harness.run();
    await publish(harness, [
      {
        shardTypeId: 'deal',
        fields: [
          { to: 'name', from: 'name' },
          { to: 'contactId', lookup: { from: 'name', shardTypeId: 'contact', field: 'name' } },
          {
            to: 'neighbour',
            lookup: { from: 'city', shardTypeId: 'contact', field: 'address.city' },
            when: [{ field: 'name', is: 'equal', value: 'Ben' }],
          },
        ],
      },
    ]);
    const run = await harness.run();
    expect(run.counts).toMatchObject({ created: 1, failed: 1 });
    const contacts = await shardsOf(harness, 'contact');
    const [deal] = await shardsOf(harness, 'deal');
    expect(deal?.data['contactId']).toBe(contacts.find((shard) => shard.data['name'] === 'Ana')?.id);
  });
});
