import { describe, expect, it } from 'vitest';
import { changeShard } from '../../../../../shared/core/change-shard.ts';
import type { Cause } from '../../../../../shared/core/documents/cause.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { explainField } from '../../../../../shared/use-cases/lineage/explain-field.ts';
import { getShardHistory } from '../../../../../shared/use-cases/lineage/get-shard-history.ts';
import { mergeShards } from '../../../../../shared/use-cases/merge-shards/merge-shards.ts';
import { putShard } from '../../../../../shared/use-cases/put-shards.ts';
import { rollBack } from '../../../../kit/roll-back.ts';
import { createSyncHarness, type SyncHarness } from '../../../../kit/sync-harness.ts';

const none = { ifMatch: undefined, attempt: { at: new Date(0), repeated: false } };

async function read(names: readonly string[]): Promise<{ harness: SyncHarness; runs: string[]; shardId: string }> {
  const harness = await createSyncHarness();
  const runs: string[] = [];
  for (const name of names) {
    harness.deps.clock.advance(1000);
    harness.provider.put('p1', { name, city: 'Ptuj' });
    runs.push((await harness.run()).id);
  }
  return { harness, runs, shardId: (await harness.shards()).get('p1')?.id ?? '' };
}

async function edit({ deps, scope }: SyncHarness, shardId: string, change: JsonObject): Promise<Cause> {
  const before = await deps.shards.get(scope, { id: shardId });
  if (before === undefined) throw new Error('there is no such shard');
  const cause: Cause = { kind: 'person', id: deps.newId('request'), actorId: 'ada', at: deps.now().toISOString() };
  const data = { ...before.document.data, ...change };
  await putShard(deps, scope, { before, document: changeShard(before.document, { data }, cause, []) });
  return cause;
}

async function historyOf({ deps, scope }: SyncHarness, shardId: string, limit = 50, cursor?: string) {
  const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
  return (await getShardHistory(deps, scope, { ...none, params: { shardId }, query, body: undefined })).body;
}

async function why({ deps, scope }: SyncHarness, shardId: string, field: string) {
  return (await explainField(deps, scope, { ...none, params: { shardId, field }, query: undefined, body: undefined }))
    .body;
}

describe('the history of a shard', () => {
  it('tells of each revision what made it and which fields it changed, newest first', async () => {
    const { harness, runs, shardId } = await read(['Ana', 'Bine']);
    await edit(harness, shardId, { name: 'Cilka', note: 'by phone' });
    const { items } = await historyOf(harness, shardId);
    expect(items).toMatchObject([
      {
        revision: 3,
        cause: { kind: 'person', actorId: 'ada' },
        changes: [
          { field: 'name', before: 'Bine', after: 'Cilka' },
          { field: 'note', after: 'by phone' },
        ],
      },
      {
        revision: 2,
        cause: { kind: 'run', id: runs[1], record: { object: 'people', externalId: 'p1' } },
        changes: [{ field: 'name', before: 'Ana', after: 'Bine' }],
      },
      {
        revision: 1,
        status: 'active',
        cause: { kind: 'run', id: runs[0], mappingVersion: expect.any(String) },
        changes: [
          { field: 'address.city', after: 'Ptuj' },
          { field: 'name', after: 'Ana' },
        ],
      },
    ]);
  });

  it('comes in pages that together are the whole, each revision once', async () => {
    const { harness, shardId } = await read(['a', 'b', 'c', 'd', 'e']);
    const whole = (await historyOf(harness, shardId)).items;
    expect(whole.map(({ revision }) => revision)).toEqual([5, 4, 3, 2, 1]);
    for (const limit of [1, 2, 3, 5]) {
      const paged: typeof whole = [];
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        const page = await historyOf(harness, shardId, limit, cursor);
        paged.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(paged, `${limit} a page`).toEqual(whole);
    }
  });

  it('shows no revision twice that two writers raced for, and none for a sighting', async () => {
    const { harness, shardId } = await read(['Ana']);
    const { deps, scope } = harness;
    const before = await deps.shards.get(scope, { id: shardId });
    if (before === undefined) throw new Error('there is no such shard');
    for (const id of ['req_1', 'req_2', 'req_3']) {
      const cause: Cause = { kind: 'person', id, actorId: 'ada', at: deps.now().toISOString() };
      await putShard(deps, scope, {
        before,
        document: changeShard(before.document, { data: { name: id } }, cause, []),
      });
    }
    harness.provider.put('p1', { name: 'Ana', city: 'Ptuj' });
    await harness.run('full');
    expect((await historyOf(harness, shardId)).items.map(({ revision }) => revision)).toEqual([2, 1]);
  });
});

describe('why a field has its value', () => {
  it('is the write that gave it that, not the last one', async () => {
    const { harness, runs, shardId } = await read(['Ana', 'Bine']);
    const person = await edit(harness, shardId, { note: 'by phone' });
    expect(await why(harness, shardId, 'name')).toMatchObject({
      value: 'Bine',
      trail: [{ revision: 2, cause: { kind: 'run', id: runs[1], record: { externalId: 'p1' } } }],
    });
    expect(await why(harness, shardId, 'address.city')).toMatchObject({ trail: [{ cause: { id: runs[0] } }] });
    expect(await why(harness, shardId, 'note')).toMatchObject({ trail: [{ revision: 3, cause: { id: person.id } }] });
    expect(await why(harness, shardId, 'phone')).toEqual({ shardId, field: 'phone', trail: [] });
  });

  it('goes from a rollback on to what it brought back', async () => {
    const { harness, runs, shardId } = await read(['Ana', 'Bine', 'Ana', 'Cilka']);
    const rollback = await rollBack(harness, runs[3] ?? '');
    const { value, trail } = await why(harness, shardId, 'name');
    expect(value).toBe('Ana');
    expect(trail).toMatchObject([
      { revision: 5, cause: { kind: 'rollback', id: rollback.id, undoes: runs[3] } },
      { revision: 3, cause: { kind: 'run', id: runs[2] } },
    ]);
  });

  it('says what emptied it', async () => {
    const { harness, shardId } = await read(['Ana']);
    harness.deps.clock.advance(1000);
    harness.provider.put('p1', { name: 'Ana' });
    const { id } = await harness.run();
    const { value, trail } = await why(harness, shardId, 'address.city');
    expect(value).toBeUndefined();
    expect(trail).toMatchObject([{ revision: 2, cause: { kind: 'run', id } }]);
  });

  it('goes over a merge to the shard that had it', async () => {
    const { harness, runs, shardId } = await read(['Ana']);
    const { deps, scope } = harness;
    deps.clock.advance(1000);
    harness.provider.put('p2', { name: 'Ana Novak', city: 'Kranj' });
    const { id: second } = await harness.run();
    const otherId = (await harness.shards()).get('p2')?.id ?? '';
    const merge = await mergeShards(deps, scope, { shardIds: [shardId, otherId], trigger: 'person' });
    const { shardId: survivor, trail } = await why(harness, otherId, 'address.city');
    expect(survivor).toBe(shardId);
    expect(trail).toMatchObject([
      { shardId, cause: { kind: 'merge', id: merge?.id } },
      { shardId: otherId, revision: 1, cause: { kind: 'run', id: second, record: { externalId: 'p2' } } },
    ]);
    const { items } = await historyOf(harness, shardId);
    expect(items).toMatchObject([
      { cause: { kind: 'merge' }, merge: { mergeId: merge?.id, shardId: otherId } },
      { cause: { id: runs[0] } },
    ]);
    expect((await historyOf(harness, otherId)).items).toMatchObject([
      { status: 'merged', merge: { mergeId: merge?.id, shardId } },
      { status: 'active', cause: { id: second } },
    ]);
  });

  it('is a 404 for a shard that is not there', async () => {
    const { harness } = await read(['Ana']);
    await expect(why(harness, 'shd_none', 'name')).rejects.toMatchObject({ code: 'not-found' });
    await expect(historyOf(harness, 'shd_none')).rejects.toMatchObject({ code: 'not-found' });
  });
});
