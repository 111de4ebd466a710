import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';

const soon = '2029-12-01T00:00:01.000Z';

/** Dies when the page has been applied but not committed, and lets the provider change before the page is read again. */
async function repeatFirstPage(
  change: (harness: SyncHarness) => void,
  task: Partial<TaskDocument> = {},
): Promise<{ harness: SyncHarness; counts: Record<string, number> }> {
  const harness = await createSyncHarness({ task });
  fill(harness, 4, soon);
  const { id } = await harness.start();
  let struck = false;
  harness.deps.faults.onOperation = ({ port, verb }) => {
    if (struck || port !== 'runs' || verb !== 'commitPage') return;
    struck = true;
    harness.deps.faults.crashAt(1, 'before');
    change(harness);
  };
  const { counts, state } = await harness.finish(id);
  expect(struck).toBe(true);
  expect(state).toBe('succeeded');
  return { harness, counts };
}

describe('a page that is read again after it was applied', () => {
  it('counts a new record as created although a lagging replica shows it older', async () => {
    const { harness, counts } = await repeatFirstPage(({ provider }) =>
      provider.put('p0002', { name: 'Older' }, longAgo),
    );
    expect(counts).toMatchObject({ received: 4, created: 4, skipped: 0 });
    expect((await harness.shards()).get('p0002')?.data).toMatchObject({ name: 'Person 2' });
  });

  it('counts a new record as created although it was deleted meanwhile and deletions are ignored', async () => {
    const { harness, counts } = await repeatFirstPage(({ provider }) => provider.delete('p0002'), {
      deletions: 'ignore',
    });
    expect(counts).toMatchObject({ created: 4, skipped: 1 });
    expect((await harness.shards()).size).toBe(4);
  });

  it('counts a new record as created although it was deleted meanwhile and deletions are mirrored', async () => {
    const { harness, counts } = await repeatFirstPage(({ provider }) => provider.delete('p0002'));
    expect(counts).toMatchObject({ received: 4, created: 4 });
    expect((await harness.shards()).get('p0002')?.status).toBe('deleted');
  });

  it('counts a new record as created although it vanished meanwhile', async () => {
    const { harness, counts } = await repeatFirstPage(({ provider }) => provider.forget('p0002'));
    expect(counts).toMatchObject({ received: 4, created: 4 });
    expect((await harness.shards()).size).toBe(4);
  });
});

describe('a shard that was written before its link', () => {
  /** Dies between the shard and the link of an update; then the provider goes back to what was before. */
  async function dieInUpdate(): Promise<{ harness: SyncHarness; id: string }> {
    const harness = await createSyncHarness();
    fill(harness, 3);
    await harness.run();
    harness.deps.clock.advance(60_000);
    harness.provider.put('p0001', { name: 'Other' });
    const { id } = await harness.start('full');
    const message = harness.deps.syncQueue.receive(0);
    harness.deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'shards' && verb === 'writeMany') harness.deps.faults.crashAt(1, 'after');
    };
    if (message === undefined) throw new Error('no message');
    await expect(workOnSlice(harness.deps, message.envelope)).rejects.toThrow('Crashed');
    harness.deps.faults.restart();
    harness.deps.faults.onOperation = undefined;
    harness.deps.clock.advance(1000);
    harness.provider.put('p0001', { name: ' Person 1 ', city: 'Maribor' });
    return { harness, id };
  }

  it('is put right when the page is repeated', async () => {
    const { harness, id } = await dieInUpdate();
    await harness.finish(id);
    expect((await harness.shards()).get('p0001')?.data).toEqual({ name: 'Person 1', address: { city: 'Maribor' } });
  });

  it('is put right by the next run when this one fails', async () => {
    const { harness, id } = await dieInUpdate();
    harness.provider.failures.push(new AdapterFailure('forbidden', 'No longer allowed.'));
    expect((await harness.finish(id)).state).toBe('failed');
    await harness.run('full');
    expect((await harness.shards()).get('p0001')?.data).toEqual({ name: 'Person 1', address: { city: 'Maribor' } });
  });

  it('is put right when its record comes on a later page', async () => {
    const { harness, id } = await dieInUpdate();
    for (const extra of ['a', 'b', 'c', 'd', 'e']) harness.provider.put(`o${extra}`, { name: 'Before' }, longAgo);
    await harness.finish(id);
    expect((await harness.shards()).get('p0001')?.data).toEqual({ name: 'Person 1', address: { city: 'Maribor' } });
  });
});

describe('a delete marker', () => {
  it('on the first page of a full run reaches the shard', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    await harness.run();
    harness.deps.clock.advance(60_000);
    harness.provider.delete('p0001');
    const execution = await harness.run('full');
    expect(execution.counts).toMatchObject({ updated: 1, unchanged: 2, skipped: 0 });
    expect((await harness.shards()).get('p0001')?.status).toBe('deleted');
  });
});
