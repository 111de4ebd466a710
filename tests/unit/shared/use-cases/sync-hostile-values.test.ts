import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../shared/core/json.ts';
import { createSyncHarness, fill, longAgo } from '../../../kit/sync-harness.ts';

const extra = { to: 'extra', from: 'extra', transforms: [], required: false };

async function harnessWithExtra(pageSize = 5) {
  const plain = await createSyncHarness();
  const [mapping] = (await plain.task()).objects;
  if (mapping === undefined) throw new Error('no mapping');
  return createSyncHarness({ pageSize, task: { objects: [{ ...mapping, fields: [...mapping.fields, extra] }] } });
}

const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, index]));

describe.each<[string, Json]>([
  ['NUL', 'a\u0000b'],
  ['an unpaired surrogate', `cut \ud83d`],
  ['a __proto__ key', JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Json],
  ['a number beyond a double', JSON.parse('1e999') as Json],
  ['a number beyond an integer', 123_456_789_012_345_680_000],
  ['negative zero', -0],
  ['10,000 fields', wide],
  ['deep nesting', Array.from({ length: 90 }).reduce<Json>((inner) => [inner], 'x')],
  ['an empty object', {}],
  ['an empty text', ''],
  ['null', null],
])('a value with %s', (_name, value) => {
  it('comes in, and is unchanged when seen again', async () => {
    const harness = await harnessWithExtra();
    fill(harness, 2);
    harness.provider.put('hostile', { name: 'Hostile', extra: value }, longAgo);
    expect((await harness.run()).counts).toMatchObject({ received: 3, created: 3 });
    expect((await harness.run('full')).counts).toMatchObject({ received: 3, unchanged: 3 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    harness.deps.clock.advance(60_000);
    harness.provider.put('hostile', { name: 'Tame' });
    expect((await harness.run('full')).counts).toMatchObject({ updated: 1 });
    expect((await harness.shards()).get('hostile')?.data).toEqual({ name: 'Tame' });
  });
});

describe('a record that is too large to be kept', () => {
  it.each([
    ['in plain letters', 'x'.repeat(1_100_000)],
    ['in letters of three bytes', '語'.repeat(400_000)],
  ])('is set aside with the reason, %s, and the rest of its page comes in', async (_name, text) => {
    const harness = await harnessWithExtra();
    fill(harness, 4);
    harness.provider.put('large', { name: 'Large', extra: text }, longAgo);
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'partial', counts: { received: 5, created: 4, failed: 1 } });
    expect(harness.deps.runs.failedRecords.all()).toMatchObject([
      { executionId: execution.id, externalId: 'large', reason: expect.stringContaining('too large to be kept') },
    ]);
  });

  it('is not one that fits', async () => {
    const harness = await harnessWithExtra();
    harness.provider.put('fits', { name: 'Fits', extra: 'x'.repeat(800_000) }, longAgo);
    expect(await harness.run()).toMatchObject({ state: 'succeeded', counts: { created: 1 } });
  });
});

it('sets a record aside whose id is too long to be kept', async () => {
  const harness = await createSyncHarness();
  fill(harness, 2);
  harness.provider.put('x'.repeat(3_000_000), { name: 'Long' }, longAgo);
  expect(await harness.run()).toMatchObject({ state: 'partial', counts: { created: 2, failed: 1 } });
});

describe('a page document', () => {
  it('stays below what the database takes, however much failed', async () => {
    const harness = await createSyncHarness({ pageSize: 1000 });
    for (let index = 0; index < 1000; index += 1) {
      harness.provider.put(`${'語'.repeat(600)}${index}`, { city: 'No name' }, longAgo);
    }
    const execution = await harness.run();
    expect(execution.counts).toMatchObject({ received: 1000, failed: 1000 });
    const page = await harness.deps.runs.pages.get(harness.scope, { id: 'page-00000000', partition: execution.id });
    expect(harness.deps.runs.failedRecords.all()).toHaveLength(1000);
    expect(Buffer.byteLength(JSON.stringify(page?.document))).toBeLessThan(500_000);
  });

  it('cuts texts between characters', async () => {
    const harness = await createSyncHarness();
    harness.provider.put(`${'x'.repeat(1023)}🙂`, { city: 'No name' }, longAgo);
    await harness.run();
    expect(harness.deps.runs.failedRecords.all()[0]?.externalId?.isWellFormed()).toBe(true);
  });

  it('holds every link of a page that is much larger than asked for', async () => {
    const harness = await createSyncHarness({ pageSize: 1000 });
    harness.provider.ignoresPageSize = true;
    fill(harness, 5000);
    expect(await harness.run()).toMatchObject({ state: 'succeeded', pages: 1, counts: { created: 5000 } });
  });

  it('of a page that could not be written down refuses the page by its size', async () => {
    const harness = await createSyncHarness({ pageSize: 1000 });
    harness.provider.ignoresPageSize = true;
    fill(harness, 50_001);
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'failed', problem: expect.stringContaining('50001 records in one page') });
    expect((await harness.links()).length).toBe(0);
  });
});
