import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import { linkIdOf } from '../../../../shared/core/observation.ts';
import { hashRecord } from '../../../../shared/core/suppressions.ts';
import { findLinkedShards } from '../../../../shared/use-cases/find-linked-shards.ts';
import { deleteSuppression } from '../../../../shared/use-cases/suppressions/delete-suppression.ts';
import { listSuppressions } from '../../../../shared/use-cases/suppressions/list-suppressions.ts';
import { loadSuppressions } from '../../../../shared/use-cases/suppressions/load-suppressions.ts';
import { carried, createDeliveryHarness, named } from '../../../kit/delivery-harness.ts';
import { everything, nothing, prepare, start } from '../../../kit/erasure-harness.ts';
import { refusal } from '../../../kit/person.ts';
import { createSyncHarness, fill, type SyncHarness } from '../../../kit/sync-harness.ts';

const personId = 'z-4711';
const others = 12;

async function begin(harness: SyncHarness): Promise<string> {
  fill(harness, others);
  harness.provider.put(personId, { name: 'Zdenka', city: 'Ptuj' });
  await harness.run();
  harness.deps.clock.advance(1000);
  const shard = (await harness.shards()).get(personId);
  if (shard === undefined) throw new Error('She is not there');
  return shard.id;
}

async function erase(harness: SyncHarness, shardId: string, suppress = true): Promise<string> {
  const id = await prepare(harness, { of: 'person', shardId, suppress });
  await start(harness, id);
  for (let turn = 0; harness.deps.erasures.all().some(({ state }) => state === 'running'); turn += 1) {
    if (turn === 1000) throw new Error('The erasure does not come to its end');
    await harness.turns(1);
  }
  return id;
}

async function erased(): Promise<SyncHarness> {
  const harness = await createSyncHarness({ task: { mode: 'full' } });
  await erase(harness, await begin(harness));
  return harness;
}

function expectGone(harness: SyncHarness, where = ''): void {
  expect(everything(harness).includes(personId), where).toBe(false);
  expect(everything(harness).includes('Zdenka'), where).toBe(false);
}

const attempt = (harness: SyncHarness) => ({ at: harness.deps.now(), repeated: false });

describe('whoever was erased', () => {
  it('is skipped by full reads, which tell how many they skipped and still add up', async () => {
    const harness = await erased();
    const run = await harness.run();
    expect(run).toMatchObject({ state: 'succeeded', counts: { received: others + 1, unchanged: others, skipped: 1 } });
    expect(run.comparison?.feeds[0]).toMatchObject({ links: others, missing: 0, outcome: 'nothing' });
    const notes = harness.deps.runs.logs.all().filter(({ event }) => event === 'records-suppressed');
    expect(notes).toMatchObject([{ executionId: run.id, data: { object: 'people', suppressed: 1 } }]);
    expect((await harness.shards()).size).toBe(others);
    expectGone(harness);
  });

  it('is skipped when she changes, cannot be converted or cannot be read', async () => {
    const harness = await erased();
    harness.provider.put(personId, { name: '', city: 'Zdenka' });
    expect((await harness.run('incremental')).counts).toMatchObject({ failed: 0, created: 0 });
    harness.provider.rejects = [{ externalId: personId, reason: 'Zdenka is no object.' }];
    expect((await harness.run()).counts).toMatchObject({ failed: 0, skipped: 2 });
    harness.provider.delete(personId);
    expect((await harness.run()).counts).toMatchObject({ created: 0, failed: 0 });
    expectGone(harness);
  });

  it('is skipped by bulk runs', async () => {
    const harness = await createSyncHarness({ pageSize: 3, task: { mode: 'full', bulk: 'always' } });
    harness.provider.cutAt = ['p0004', 'p0008'];
    await erase(harness, await begin(harness));
    const run = await harness.run();
    expect(run.counts).toMatchObject({ received: others + 1, unchanged: others, skipped: 1 });
    expectGone(harness);
  });

  it('is not reserved when somebody refers to her', async () => {
    const harness = await erased();
    const { deps, scope } = harness;
    const { integrationId } = await harness.task();
    const question = { kind: 'lookup', object: 'people', shardTypeId: 'contact', reserves: true } as const;
    const suppressions = await loadSuppressions(deps, scope);
    const asked = [personId, 'new'].map((key) => ({ ...question, key, field: undefined }));
    const answers = await findLinkedShards(deps, scope, integrationId, asked, suppressions);
    expect(answers).toMatchObject([{ ok: true }, { ok: true, value: expect.stringMatching(/^shd_/) }]);
    expect(answers[0]).toMatchObject({ value: undefined });
    expectGone(harness);
  });

  it('is skipped by webhooks that carry or name her, as the delivery tells', async () => {
    const harness = await createDeliveryHarness({ task: { mode: 'full' } });
    await erase(harness, await begin(harness));
    const { id } = await harness.receive([carried(personId, 'Zdenka'), carried('new', 'New')]);
    const { id: second } = await harness.receive([named(personId)]);
    await harness.settle();
    expect((await harness.delivery(id)).processing.result).toMatchObject({
      counts: { created: 1, skipped: 1 },
      suppressed: 1,
    });
    expect((await harness.delivery(second)).processing.result).toMatchObject({ counts: { skipped: 1 }, suppressed: 1 });
    expect([...(await harness.shards()).keys()]).not.toContain(personId);
    expect((await harness.links()).some(({ externalId }) => externalId === personId)).toBe(false);
  });

  it('comes back where that was asked for, and when the suppression is removed', async () => {
    const harness = await createSyncHarness({ task: { mode: 'full' } });
    await erase(harness, await begin(harness), false);
    expect(harness.deps.suppressions.all()).toEqual([]);
    expect((await harness.run()).counts).toMatchObject({ created: 1 });
    const shardId = (await harness.shards()).get(personId)?.id ?? '';
    const erasureId = await erase(harness, shardId);
    const input = { ...nothing, params: undefined, query: { limit: 10 }, attempt: attempt(harness) };
    const { items } = (await listSuppressions(harness.deps, harness.scope, input)).body;
    expect(items).toEqual([{ id: items[0]?.id, erasureId, records: 1, createdAt: expect.any(String) }]);
    const params = { suppressionId: items[0]?.id ?? '' };
    await deleteSuppression(harness.deps, harness.scope, { ...nothing, params, attempt: attempt(harness) });
    const again = deleteSuppression(harness.deps, harness.scope, { ...nothing, params, attempt: attempt(harness) });
    expect(await refusal(again)).toBe('not-found');
    expect((await harness.run()).counts).toMatchObject({ created: 1, unchanged: others });
  });

  it('is kept by nothing that tells who she was: not without the key', async () => {
    const harness = await erased();
    const { integrationId } = await harness.task();
    const [document] = harness.deps.suppressions.all();
    const record = { integrationId, object: 'people', externalId: personId };
    const key = await harness.deps.secrets.get(harness.scope, 'suppression-key', document?.keyVersion ?? '');
    expect(document?.hashes).toEqual([hashRecord(key, record)]);
    expect(hashRecord('another', record)).not.toBe(document?.hashes[0]);
    const linkId = linkIdOf(integrationId, 'people', personId, 'contact');
    await harness.run();
    expect(everything(harness)).not.toContain(linkId.slice(0, 10));
  });

  it('does not come back because the key is gone: then nothing is read', async () => {
    const harness = await erased();
    await harness.deps.secrets.erase(harness.scope, 'suppression-key');
    expect(await harness.run()).toMatchObject({ state: 'failed', problem: /their key is gone/ });
    expect((await harness.shards()).size).toBe(others);
  });
});

describe('a run under way', () => {
  it('that began before the erasure does not bring her back, however late it writes', async () => {
    const harness = await createSyncHarness({ pageSize: 3, task: { mode: 'full' } });
    const shardId = await begin(harness);
    harness.provider.put(personId, { name: 'Zdenka', city: 'Celje' });
    const id = await prepare(harness, { of: 'person', shardId });
    const { id: run } = await harness.start();
    let isStarted = false;
    harness.deps.faults.onOperation = async ({ port, verb }) => {
      // Her page has been read, and is about to be written.
      const page = harness.deps.runs.pages.all().find(({ executionId, page }) => executionId === run && page === 4);
      if (isStarted || port !== 'shards' || verb !== 'writeMany' || page === undefined) return;
      isStarted = true;
      await start(harness, id);
      await harness.turns(1);
    };
    await harness.finish(run);
    await harness.settle();
    expect(isStarted).toBe(true);
    expectGone(harness);
    await harness.run();
    expectGone(harness);
  });

  it.each(['before', 'after'] as const)(
    'nor does one after an erasure that crashed at any step (%s it took)',
    async (moment) => {
      const first = await createSyncHarness({ task: { mode: 'full' } });
      const shardId = await begin(first);
      const before = first.deps.faults.steps;
      await erase(first, shardId);
      const steps = first.deps.faults.steps - before;
      for (let step = 1; step <= steps; step += 1) {
        const harness = await createSyncHarness({ task: { mode: 'full' } });
        const id = await prepare(harness, { of: 'person', shardId: await begin(harness) });
        await start(harness, id);
        harness.deps.faults.crashAt(step, moment);
        await harness.settle();
        harness.deps.faults.restart();
        const run = await harness.run();
        expect(run, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { skipped: 1, created: 0 } });
        expectGone(harness, `step ${step}`);
        expect(harness.deps.suppressions.all(), `step ${step}`).toHaveLength(1);
      }
    },
    120_000,
  );
});

it('a failure of the provider in between changes nothing of it', async () => {
  const harness = await erased();
  harness.provider.failures.push(new AdapterFailure('unavailable', 'Down.'));
  expect((await harness.run()).counts).toMatchObject({ skipped: 1, created: 0 });
  expectGone(harness);
});
