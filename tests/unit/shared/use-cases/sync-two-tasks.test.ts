import { describe, expect, it } from 'vitest';
import { createSyncHarness, inlineMappingOf, longAgo } from '../../../kit/sync-harness.ts';
import { addTask, editTask, runTask } from './second-task.ts';

describe('two tasks that feed the same shards', () => {
  it('take turns by when they looked, not by how often each has run', async () => {
    const harness = await createSyncHarness();
    harness.provider.versioned = false;
    for (let turn = 0; turn < 5; turn += 1) {
      harness.provider.put('p1', { name: `Turn ${turn}`, city: 'Ptuj' });
      await harness.run('full');
    }
    harness.deps.clock.advance(60_000);
    const second = await addTask(harness);
    harness.provider.put('p1', { name: 'Second', city: 'Ptuj' });
    const execution = await runTask(harness, second);
    expect(execution.counts).toMatchObject({ updated: 1, skipped: 0 });
    expect((await harness.shards()).get('p1')?.data).toMatchObject({ name: 'Second' });
    harness.deps.clock.advance(60_000);
    harness.provider.put('p1', { name: 'Third', city: 'Ptuj' });
    await harness.run('full');
    expect((await harness.shards()).get('p1')?.data).toMatchObject({ name: 'Third' });
  });

  it('apply the mapping of a task that was made anew', async () => {
    const harness = await createSyncHarness();
    for (let turn = 0; turn < 5; turn += 1) {
      harness.provider.put('p0001', { name: `Turn ${turn}`, city: 'Maribor' });
      await harness.run('full');
      harness.deps.clock.advance(60_000);
    }
    harness.deps.clock.advance(60_000);
    const mapping = inlineMappingOf(await harness.task());
    const town = { to: 'town', from: 'city', transforms: [], required: false };
    const anew = await addTask(harness, { objects: [{ ...mapping, fields: [...mapping.fields, town] }] });
    expect((await runTask(harness, anew)).counts).toMatchObject({ updated: 1, skipped: 0 });
    expect((await harness.shards()).get('p0001')?.data).toMatchObject({ town: 'Maribor' });
  });

  it('with different mappings leave each other alone, and in peace', async () => {
    const harness = await createSyncHarness();
    const mapping = inlineMappingOf(await harness.task());
    const [name, city] = mapping.fields;
    if (name === undefined || city === undefined) throw new Error('no fields');
    await editTask(harness, { objects: [{ ...mapping, fields: [name] }] });
    const second = await addTask(harness, { objects: [{ ...mapping, fields: [name, city] }] });
    harness.provider.put('p1', { name: 'One', city: 'Ptuj' }, longAgo);
    await harness.run('full');
    await runTask(harness, second, 'full');
    const before = await harness.shards();
    expect(before.get('p1')?.data).toEqual({ name: 'One', address: { city: 'Ptuj' } });
    expect((await harness.run('full')).counts).toMatchObject({ unchanged: 1, updated: 0 });
    expect((await runTask(harness, second, 'full')).counts).toMatchObject({ unchanged: 1, updated: 0 });
    expect((await harness.shards()).get('p1')?.revision).toBe(before.get('p1')?.revision);
    await harness.run('full');
    harness.deps.clock.advance(60_000);
    harness.provider.put('p1', { name: 'One' });
    await harness.run('full');
    await runTask(harness, second, 'full');
    expect((await harness.shards()).get('p1')?.data).toEqual({ name: 'One' });
  });
});
