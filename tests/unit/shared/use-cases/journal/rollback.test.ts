import { describe, expect, it } from 'vitest';
import { contentOf, rollBack } from '../../../../kit/roll-back.ts';
import { createSyncHarness, fill, type SyncHarness } from '../../../../kit/sync-harness.ts';

const people = 13;

/** A second later at the provider: the person has another name. */
function rename({ deps, provider }: SyncHarness, indexes: readonly number[], name: string): void {
  deps.clock.advance(1000);
  for (const index of indexes) provider.put(idOf(index), { name: `${name} ${index}`, city: 'Maribor' });
}

function idOf(index: number): string {
  return `p${String(index).padStart(4, '0')}`;
}

const all = Array.from({ length: people }, (_each, index) => index);

async function readTwice(): Promise<{
  harness: SyncHarness;
  before: Awaited<ReturnType<typeof contentOf>>;
  bad: string;
}> {
  const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2 } });
  fill(harness, people);
  await harness.run();
  const before = await contentOf(harness);
  rename(harness, all, 'Bad');
  const { id } = await harness.run();
  return { harness, before, bad: id };
}

describe('rolling a run back', () => {
  it('gives every record back what it had, and the next pull leaves it so', async () => {
    const { harness, before, bad } = await readTwice();
    const rollback = await rollBack(harness, bad);
    expect(rollback).toMatchObject({
      state: 'succeeded',
      trigger: 'rollback',
      counts: { received: people, updated: people, skipped: 0 },
    });
    expect(await contentOf(harness)).toEqual(before);
    for (const mode of ['incremental', 'full'] as const) {
      harness.deps.clock.advance(1000);
      expect(await harness.run(mode)).toMatchObject({ state: 'succeeded', counts: { updated: 0, created: 0 } });
      expect(await contentOf(harness), mode).toEqual(before);
    }
  });

  it('leaves what was changed since, with what changed it, and takes what the provider changes later', async () => {
    const { harness, before, bad } = await readTwice();
    rename(harness, [3, 7], 'Edited');
    const { id: edit } = await harness.run();
    const rollback = await rollBack(harness, bad);
    expect(rollback).toMatchObject({ state: 'partial', counts: { received: people, updated: 11, skipped: 2 } });
    expect(harness.deps.runs.leftRecords.all()).toMatchObject([
      { executionId: rollback.id, reason: 'changed-since', by: { kind: 'run', id: edit } },
      { executionId: rollback.id, reason: 'changed-since', by: { kind: 'run', id: edit } },
    ]);
    const after = await contentOf(harness);
    expect(after[idOf(3)]?.data['name']).toBe('Edited 3');
    expect(after[idOf(4)]).toEqual(before[idOf(4)]);
    rename(harness, [4], 'Later');
    await harness.run();
    expect((await contentOf(harness))[idOf(4)]?.data['name']).toBe('Later 4');
  });

  it('does not take a sighting of the same content for a change', async () => {
    const { harness, before, bad } = await readTwice();
    rename(harness, all, 'Bad');
    expect(await harness.run('full')).toMatchObject({ counts: { unchanged: people } });
    expect(await rollBack(harness, bad)).toMatchObject({ counts: { updated: people, skipped: 0 } });
    expect(await contentOf(harness)).toEqual(before);
  });

  it('deletes what the run created, and keeps its link', async () => {
    const harness = await createSyncHarness({ pageSize: 4 });
    fill(harness, people);
    const { id } = await harness.run();
    expect(await rollBack(harness, id)).toMatchObject({ state: 'succeeded', counts: { updated: people } });
    expect(Object.values(await contentOf(harness)).map(({ status }) => status)).toEqual(all.map(() => 'deleted'));
    expect(await harness.links()).toHaveLength(people);
    harness.deps.clock.advance(1000);
    expect(await harness.run('full')).toMatchObject({ counts: { received: people, unchanged: people } });
    expect((await contentOf(harness))[idOf(0)]?.status).toBe('deleted');
    rename(harness, [0], 'Changed');
    expect(await harness.run()).toMatchObject({ counts: { updated: 1 } });
    expect((await contentOf(harness))[idOf(0)]).toMatchObject({ status: 'active', data: { name: 'Changed 0' } });
  });

  it.each([
    ['mirror', 'deleted'],
    ['archive', 'archived'],
  ] as const)(
    'revives what the run took for gone (%s), and the marker that is shown again does not undo that',
    async (deletions, status) => {
      const harness = await createSyncHarness({ pageSize: 4, task: { deletions } });
      fill(harness, people);
      await harness.run();
      const before = await contentOf(harness);
      harness.deps.clock.advance(1000);
      harness.provider.delete(idOf(2));
      const { id } = await harness.run();
      expect((await contentOf(harness))[idOf(2)]?.status).toBe(status);
      const rollback = await rollBack(harness, id);
      expect(await contentOf(harness)).toEqual(before);
      harness.deps.clock.advance(1000);
      await harness.run('full');
      expect(await contentOf(harness)).toEqual(before);
      await rollBack(harness, rollback.id);
      expect((await contentOf(harness))[idOf(2)]?.status).toBe(status);
    },
  );

  it('is rolled back itself: everything is as the run had left it', async () => {
    const { harness, before, bad } = await readTwice();
    fillMore(harness);
    const { id: both } = await harness.run();
    const after = await contentOf(harness);
    const first = await rollBack(harness, both);
    expect(first.counts).toMatchObject({ updated: 3 });
    const second = await rollBack(harness, first.id);
    expect(second).toMatchObject({ state: 'succeeded', counts: { updated: 3 } });
    expect(await contentOf(harness)).toEqual(after);
    const third = await rollBack(harness, second.id);
    expect(third.counts).toMatchObject({ updated: 3 });
    expect((await rollBack(harness, bad)).counts).toMatchObject({ updated: people, skipped: 0, unchanged: 0 });
    expect((await contentOf(harness))[idOf(5)]).toEqual(before[idOf(5)]);
  });

  it('takes what the provider shows at the next look when told to', async () => {
    const { harness, before, bad } = await readTwice();
    const changed = await contentOf(harness);
    await rollBack(harness, bad, true);
    expect(await contentOf(harness)).toEqual(before);
    harness.deps.clock.advance(1000);
    expect(await harness.run('full')).toMatchObject({ counts: { updated: people } });
    expect(await contentOf(harness)).toEqual(changed);
  });

  it('takes created and deleted records again when told to', async () => {
    const harness = await createSyncHarness({ pageSize: 4 });
    fill(harness, 3);
    const { id: created } = await harness.run();
    harness.provider.delete(idOf(1));
    harness.deps.clock.advance(1000);
    const { id: deleted } = await harness.run();
    const before = await contentOf(harness);
    await rollBack(harness, deleted, true);
    await rollBack(harness, created, true);
    expect((await contentOf(harness))[idOf(0)]?.status).toBe('deleted');
    harness.deps.clock.advance(1000);
    await harness.run('full');
    expect(await contentOf(harness)).toEqual(before);
  });

  it('asked for twice does each thing once, and writes nothing the second time', async () => {
    const { harness, before, bad } = await readTwice();
    await rollBack(harness, bad);
    const revisions = [...(await harness.shards()).values()].map(({ revision }) => revision);
    expect(await rollBack(harness, bad)).toMatchObject({
      state: 'succeeded',
      counts: { updated: 0, unchanged: people },
    });
    expect([...(await harness.shards()).values()].map(({ revision }) => revision)).toEqual(revisions);
    expect(await contentOf(harness)).toEqual(before);
  });

  it('keeps runs of the task away while it lasts', async () => {
    const { harness, bad } = await readTwice();
    const { startRollingBack } = await import('../../../../kit/roll-back.ts');
    const { id } = await startRollingBack(harness, bad);
    await expect(harness.start()).rejects.toMatchObject({ code: 'already-running' });
    await expect(startRollingBack(harness, bad)).rejects.toMatchObject({ code: 'already-running' });
    await harness.finish(id);
    await expect(harness.run()).resolves.toMatchObject({ state: 'succeeded' });
  });
});

/** A new record, a deleted and a changed one. */
function fillMore(harness: SyncHarness): void {
  rename(harness, [0], 'Again');
  harness.provider.delete(idOf(1));
  harness.provider.put('p9999', { name: 'New', city: 'Celje' });
}
