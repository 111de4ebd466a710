import { describe, expect, it } from 'vitest';
import { reconciles } from '../../../../shared/core/counts.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { FailedRecordDocument } from '../../../../shared/core/documents/execution-details.ts';
import { createPerson, refusal } from '../../../kit/person.ts';
import { createSyncHarness, fill, type HarnessOptions, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';
import { addTask, editTask, runTask } from './second-task.ts';

const hourMs = 3_600_000;

/** Half of the people have no name, which the mapping requires. */
async function runWithFailures(
  options: HarnessOptions = {},
  versioned = true,
): Promise<{ harness: SyncHarness; run: ExecutionDocument }> {
  const harness = await createSyncHarness({ pageSize: 4, ...options });
  harness.provider.versioned = versioned;
  fill(harness, 9);
  for (let index = 0; index < 9; index += 1) harness.provider.put(`bad${index}`, { city: `City ${index}` }, longAgo);
  const run = await harness.run();
  expect(run).toMatchObject({ state: 'partial', counts: { received: 18, created: 9, failed: 9 } });
  return { harness, run };
}

/** From now on the name is the city. */
async function fixMapping(harness: SyncHarness, required = true): Promise<void> {
  const [mapping] = (await harness.task()).objects;
  if (mapping === undefined) throw new Error('no mapping');
  const fields = [{ to: 'name', from: 'city', transforms: [], required }];
  await editTask(harness, { objects: [{ ...mapping, fields }] });
}

const failedOf = (harness: SyncHarness, run: { readonly id: string }): FailedRecordDocument[] =>
  harness.deps.runs.failedRecords.all().filter(({ executionId }) => executionId === run.id);

async function retryFailed(harness: SyncHarness, id: string): Promise<ExecutionDocument> {
  return harness.finish((await createPerson(harness).retry(id, 'failed')).id);
}

describe('a retry of the failed records', () => {
  it.each([true, false])(
    'takes them with the mapping that was fixed meanwhile, without asking the provider (versions: %s)',
    async (versioned) => {
      const { harness, run } = await runWithFailures({}, versioned);
      const watermarks = (await harness.task()).watermarks;
      await fixMapping(harness);
      const asked = harness.provider.requests.length;
      const retried = await retryFailed(harness, run.id);
      expect(retried).toMatchObject({
        state: 'succeeded',
        retryOf: run.id,
        counts: { received: 9, created: 9, failed: 0 },
        watermarks: {},
      });
      expect(harness.provider.requests).toHaveLength(asked);
      expect((await harness.task()).watermarks).toEqual(watermarks);
      expect((await harness.shards()).get('bad3')?.data).toEqual({ name: 'City 3' });
      for (const record of failedOf(harness, run))
        expect(record).toMatchObject({ state: 'resolved', resolvedBy: retried.id });
      expect(await refusal(createPerson(harness).retry(run.id, 'failed'))).toBe('wrong-state');
    },
  );

  it.each([true, false])('does not undo what was applied since (versions: %s)', async (versioned) => {
    const { harness, run } = await runWithFailures({}, versioned);
    await fixMapping(harness);
    harness.deps.clock.advance(hourMs);
    harness.provider.put('bad3', { city: 'Newer' });
    await harness.run('full');
    const before = (await harness.shards()).get('bad3');
    expect(before?.data).toEqual({ name: 'Newer' });
    const retried = await retryFailed(harness, run.id);
    expect(retried).toMatchObject({ state: 'succeeded', counts: { received: 9, created: 0, updated: 0, skipped: 1 } });
    expect((await harness.shards()).get('bad3')).toEqual(before);
    expect((await harness.run('full')).counts).toMatchObject({ received: 18, unchanged: 18 });
  });

  it('leaves those that still fail as they are, to be tried once more', async () => {
    const { harness, run } = await runWithFailures();
    await fixMapping(harness);
    const [mapping] = (await harness.task()).objects;
    if (mapping === undefined) throw new Error('no mapping');
    // Only one has what is now required.
    harness.provider.put('bad-too', { other: 'x' });
    const fields = [{ to: 'name', from: 'nothing', transforms: [], required: true }];
    await editTask(harness, { objects: [{ ...mapping, fields }] });
    const second = await retryFailed(harness, run.id);
    expect(second).toMatchObject({ state: 'partial', counts: { received: 9, failed: 9 } });
    expect(failedOf(harness, run).map(({ state, resolvedBy }) => [state, resolvedBy])).toEqual(
      Array.from({ length: 9 }, () => ['failed', undefined]),
    );
    expect(failedOf(harness, second)).toHaveLength(9);
    await fixMapping(harness);
    const third = await retryFailed(harness, second.id);
    expect(third).toMatchObject({ state: 'succeeded', counts: { received: 9, created: 9 } });
    // The first run's are tried again in vain, and are done with.
    expect(await retryFailed(harness, run.id)).toMatchObject({
      state: 'succeeded',
      counts: { created: 0, unchanged: 9 },
    });
    expect(failedOf(harness, run).every(({ state }) => state === 'resolved')).toBe(true);
  });

  it('brings a record in that was deleted since, until the next full read shows that it is gone', async () => {
    const { harness, run } = await runWithFailures();
    await fixMapping(harness);
    harness.deps.clock.advance(hourMs);
    harness.provider.delete('bad3');
    expect((await retryFailed(harness, run.id)).counts).toMatchObject({ created: 9 });
    expect((await harness.shards()).get('bad3')?.status).toBe('active');
    await harness.run('full');
    expect((await harness.shards()).get('bad3')?.status).toBe('deleted');
  });

  it('does again just that when the retry itself is retried', async () => {
    const { harness, run } = await runWithFailures();
    const second = await retryFailed(harness, run.id);
    expect(second.state).toBe('partial');
    await fixMapping(harness);
    const asked = harness.provider.requests.length;
    const third = await harness.finish((await createPerson(harness).retry(second.id)).id);
    expect(harness.provider.requests).toHaveLength(asked);
    expect(third).toMatchObject({ state: 'succeeded', retryOf: second.id, counts: { received: 9, created: 9 } });
    expect(failedOf(harness, run).every(({ resolvedBy }) => resolvedBy === third.id)).toBe(true);
  });

  it('is refused when there are none', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    const run = await harness.run();
    expect(await refusal(createPerson(harness).retry(run.id, 'failed'))).toBe('wrong-state');
  });

  it.each(['before', 'after'] as const)(
    'that crashes %s any step counts every new link once and marks every record',
    async (moment) => {
      for (let step = 1; step <= 60; step += 1) {
        const { harness, run } = await runWithFailures();
        await fixMapping(harness);
        const { id } = await createPerson(harness).retry(run.id, 'failed');
        harness.deps.faults.crashAt(step, moment);
        const retried = await harness.finish(id);
        harness.deps.faults.restart();
        expect(retried, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { received: 9, created: 9 } });
        expect(reconciles(retried.counts)).toBe(true);
        expect(
          failedOf(harness, run).every(({ resolvedBy }) => resolvedBy === id),
          `step ${step}`,
        ).toBe(true);
        expect((await harness.shards()).size, `step ${step}`).toBe(18);
      }
    },
  );

  it('of two shard types from one object goes to each its own', async () => {
    const plain = await createSyncHarness();
    const [mapping] = (await plain.task()).objects;
    if (mapping === undefined) throw new Error('no mapping');
    const person = {
      ...mapping,
      shardTypeId: 'person',
      fields: [{ to: 'name', from: 'alias', transforms: [], required: true }],
    };
    const { harness, run } = await (async () => {
      const made = await createSyncHarness({ pageSize: 2, task: { objects: [mapping, person] } });
      for (const id of ['a', 'b', 'c']) made.provider.put(id, { city: 'Ptuj' }, longAgo);
      return { harness: made, run: await made.run() };
    })();
    expect(run.counts).toMatchObject({ received: 6, failed: 6 });
    const fields = [{ to: 'name', from: 'city', transforms: [], required: true }];
    await editTask(harness, { objects: [mapping, { ...person, fields }] });
    expect(await retryFailed(harness, run.id)).toMatchObject({ state: 'partial', counts: { created: 3, failed: 3 } });
    expect(harness.deps.shards.all().map(({ shardTypeId }) => shardTypeId)).toEqual(['person', 'person', 'person']);
  });
});

describe('a retry of a single record', () => {
  it('tries that one, once', async () => {
    const { harness, run } = await runWithFailures();
    await fixMapping(harness);
    const wanted = failedOf(harness, run).find(({ externalId }) => externalId === 'bad5');
    if (wanted === undefined) throw new Error('no record');
    const person = createPerson(harness);
    const retried = await harness.finish((await person.retryRecord(run.id, wanted.id)).id);
    expect(retried).toMatchObject({ state: 'succeeded', counts: { received: 1, created: 1 } });
    expect((await harness.shards()).size).toBe(10);
    expect(failedOf(harness, run).filter(({ state }) => state === 'resolved')).toMatchObject([
      { id: wanted.id, resolvedBy: retried.id },
    ]);
    expect(await refusal(person.retryRecord(run.id, wanted.id))).toBe('wrong-state');
    expect(await refusal(person.retryRecord(run.id, `${wanted.id.slice(0, -1)}_`))).toBe('not-found');
  });

  it('is refused for one that was not kept', async () => {
    const harness = await createSyncHarness();
    harness.provider.put('large', { text: 'x'.repeat(100_000) }, longAgo);
    const run = await harness.run();
    const [record] = failedOf(harness, run);
    if (record === undefined) throw new Error('no record');
    expect(await refusal(createPerson(harness).retryRecord(run.id, record.id))).toBe('wrong-state');
  });

  it('does not make a record out of a part of its id', async () => {
    const harness = await createSyncHarness();
    for (const end of ['a', 'b']) harness.provider.put(`${'x'.repeat(1100)}${end}`, { name: 'Long' }, longAgo);
    const run = await harness.run();
    expect(run.counts).toMatchObject({ received: 2, failed: 2 });
    expect(await retryFailed(harness, run.id)).toMatchObject({ counts: { created: 0 } });
    expect(harness.deps.shards.all()).toEqual([]);
  });
});

it('a failed record of another task of the integration stays apart', async () => {
  const { harness, run } = await runWithFailures();
  const other = await addTask(harness);
  const second = await runTask(harness, other, 'full');
  expect(second.counts).toMatchObject({ failed: 9 });
  await fixMapping(harness);
  await retryFailed(harness, run.id);
  expect(failedOf(harness, second).every(({ state }) => state === 'failed')).toBe(true);
});

it('a page that is repeated after a crash sets each record aside once', async () => {
  for (let step = 1; step <= 50; step += 1) {
    const harness = await createSyncHarness({ pageSize: 4 });
    fill(harness, 5);
    for (let index = 0; index < 5; index += 1) harness.provider.put(`bad${index}`, { city: 'x' }, longAgo);
    const { id } = await harness.start();
    harness.deps.faults.crashAt(step, 'after');
    const run = await harness.finish(id);
    harness.deps.faults.restart();
    expect(run, `step ${step}`).toMatchObject({ state: 'partial', counts: { received: 10, created: 5, failed: 5 } });
    expect(failedOf(harness, run), `step ${step}`).toHaveLength(5);
  }
});
