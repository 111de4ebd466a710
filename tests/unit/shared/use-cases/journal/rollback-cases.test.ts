import { describe, expect, it } from 'vitest';
import { mergeShards } from '../../../../../shared/use-cases/merge-shards/merge-shards.ts';
import { undoMerge } from '../../../../../shared/use-cases/merge-shards/undo-merge.ts';
import { previewRollback } from '../../../../../shared/use-cases/rollback/preview-rollback.ts';
import { createMatchedHarness, livingShards, people, records } from '../../../../kit/matched-run.ts';
import { contentOf, rollBack } from '../../../../kit/roll-back.ts';
import { createSyncHarness, fill, longAgo } from '../../../../kit/sync-harness.ts';

describe('a rollback', () => {
  it('of a bulk run takes back what its partitions wrote', async () => {
    const harness = await createSyncHarness({ pageSize: 3, task: { bulk: 'always' } });
    harness.provider.cutAt = ['p0004', 'p0008'];
    fill(harness, 12);
    const bulk = await harness.run();
    expect(bulk.bulk?.partitions).toBeGreaterThan(1);
    expect(await rollBack(harness, bulk.id)).toMatchObject({ state: 'succeeded', counts: { updated: 12, skipped: 0 } });
    const left = Object.values(await contentOf(harness)).filter(({ status }) => status !== 'deleted');
    expect(left).toEqual([]);
  });

  it('works without the task that the run was of', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    const { id, taskId } = await harness.run();
    await harness.deps.tasks.remove(harness.scope, { id: taskId });
    expect(await rollBack(harness, id)).toMatchObject({ state: 'succeeded', counts: { updated: 3 } });
  });

  it('leaves shards that were merged since, and takes them back once the merge is undone', async () => {
    const harness = await createSyncHarness();
    const { deps, scope } = harness;
    fill(harness, 3);
    const { id } = await harness.run();
    const [first = '', second = ''] = deps.shards
      .all()
      .map((shard) => shard.id)
      .sort();
    const merge = await mergeShards(deps, scope, { shardIds: [first, second], trigger: 'person' });
    const rollback = await rollBack(harness, id);
    expect(rollback).toMatchObject({ state: 'partial', counts: { updated: 1, skipped: 2 } });
    const reasons = deps.runs.leftRecords.all().map(({ shardId, reason, by }) => [shardId, reason, by?.kind]);
    expect(reasons.sort()).toEqual([
      [first, 'changed-since', 'merge'],
      [second, 'merged', 'merge'],
    ]);
    await undoMerge(deps, scope, {
      params: { mergeId: merge?.id ?? '' },
      query: undefined,
      body: undefined,
      ifMatch: undefined,
      attempt: { at: deps.now(), repeated: false },
    });
    expect((await rollBack(harness, id)).counts).toMatchObject({ updated: 2, skipped: 0, unchanged: 1 });
  });

  it('keeps what the run created when records of another run have come to it', async () => {
    const harness = await createMatchedHarness();
    const first = await harness.run();
    expect(livingShards(harness)).toHaveLength(people);
    harness.deps.clock.advance(1000);
    harness.provider.put('p99', { name: 'Person 6', email: 'person6@x.si', phone: '+38640000006' }, longAgo);
    const joining = await harness.run('full');
    expect(joining.counts).toMatchObject({ created: 1, unchanged: records });
    const rollback = await rollBack(harness, first.id);
    const left = harness.deps.runs.leftRecords.all();
    expect(rollback.counts.skipped).toBe(left.length);
    const joined = livingShards(harness).find(({ sources }) =>
      Object.values(sources).some(({ externalId }) => externalId === 'p99'),
    );
    expect(left.find(({ shardId }) => shardId === joined?.id)).toMatchObject({ reason: 'shared' });
    expect(joined?.status).toBe('active');
  });

  it('is foreseen as it comes to pass, and the preview writes nothing', async () => {
    const harness = await createSyncHarness();
    const { deps, scope, provider } = harness;
    fill(harness, 6);
    await harness.run();
    deps.clock.advance(1000);
    for (const id of ['p0000', 'p0001', 'p0002']) provider.put(id, { name: `Bad ${id}`, city: 'Ptuj' });
    provider.put('p9', { name: 'New', city: 'Ptuj' });
    const bad = await harness.run();
    deps.clock.advance(1000);
    provider.put('p0001', { name: 'Edited', city: 'Ptuj' });
    await harness.run();
    const steps = deps.faults.steps;
    const foreseen = await previewRollback(deps, scope, bad);
    expect(deps.faults.steps).toBe(steps);
    expect(foreseen).toMatchObject({
      complete: true,
      counts: { restored: 2, deleted: 1, left: 1, alreadyUndone: 0 },
      left: [{ reason: 'changed-since' }],
    });
    expect(foreseen.sample).toContainEqual({ shardId: expect.any(String), becomes: 'deleted', changes: [] });
    expect(foreseen.sample).toContainEqual(
      expect.objectContaining({
        becomes: 'active',
        changes: [
          { field: 'address.city', before: 'Ptuj', after: 'Maribor' },
          { field: 'name', before: 'Bad p0000', after: 'Person 0' },
        ],
      }),
    );
    const rollback = await rollBack(harness, bad.id);
    expect(rollback.counts).toMatchObject({ updated: 3, skipped: 1 });
    expect(await previewRollback(deps, scope, bad)).toMatchObject({
      counts: { restored: 0, deleted: 0, left: 1, alreadyUndone: 3 },
    });
  });

  it('of a run of which nothing was journalled finds nothing to do', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    await harness.run();
    const quiet = await harness.run('full');
    expect(await rollBack(harness, quiet.id)).toMatchObject({ state: 'succeeded', counts: { received: 0 } });
  });
});
