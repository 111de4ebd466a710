import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { createPerson, refusal } from '../../../kit/person.ts';
import { createSyncHarness, fill, type HarnessOptions, type SyncHarness } from '../../../kit/sync-harness.ts';
import { editTask } from './second-task.ts';

const hourMs = 3_600_000;

/** Cancels the run before the page of that number is read. */
function cancelAtPage(harness: SyncHarness, id: string, page: number): void {
  let pages = 0;
  harness.deps.faults.onOperation = async ({ verb }) => {
    if (verb !== 'commitPage') return;
    pages += 1;
    if (pages !== page) return;
    harness.deps.faults.onOperation = undefined;
    await createPerson(harness).ask('cancel', id);
  };
}

async function retryAll(harness: SyncHarness, id: string): Promise<ExecutionDocument> {
  return harness.finish((await createPerson(harness).retry(id)).id);
}

const cursorsOf = (harness: SyncHarness, from: number) =>
  harness.provider.requests.slice(from).map(({ cursor }) => Number(cursor ?? 0));

describe('a retry of everything', () => {
  async function cancelledRun(
    options: HarnessOptions = {},
  ): Promise<{ harness: SyncHarness; stopped: ExecutionDocument }> {
    const harness = await createSyncHarness({ pageSize: 5, ...options });
    fill(harness, 23);
    const { id } = await harness.start();
    cancelAtPage(harness, id, 2);
    const stopped = await harness.finish(id);
    expect(stopped).toMatchObject({ state: 'cancelled', pages: 2, counts: { received: 10, created: 10 } });
    expect((await harness.task()).watermarks).toEqual({});
    return { harness, stopped };
  }

  it('goes on at the checkpoint: no page before it is read again', async () => {
    const { harness, stopped } = await cancelledRun();
    const asked = harness.provider.requests.length;
    const run = await retryAll(harness, stopped.id);
    expect(run).toMatchObject({
      state: 'succeeded',
      trigger: 'retry',
      retryOf: stopped.id,
      counts: { received: 13, created: 13 },
    });
    expect(cursorsOf(harness, asked)).toEqual([10, 15, 20]);
    expect((await harness.shards()).size).toBe(23);
  });

  it('goes on also with another page size', async () => {
    const { harness, stopped } = await cancelledRun();
    await editTask(harness, { pageSize: 9 });
    expect((await retryAll(harness, stopped.id)).counts).toMatchObject({ received: 13, created: 13 });
  });

  it('misses nothing that changed before the checkpoint meanwhile: the watermark follows from the first start', async () => {
    const { harness, stopped } = await cancelledRun({ task: { lookBackSeconds: 0 } });
    harness.deps.clock.advance(hourMs);
    harness.provider.put('p0001', { name: 'Changed behind the reader', city: 'Ptuj' });
    harness.deps.clock.advance(hourMs);
    await retryAll(harness, stopped.id);
    expect((await harness.shards()).get('p0001')?.data['name']).toBe('Person 1');
    const [watermark = ''] = Object.values((await harness.task()).watermarks);
    expect(watermark <= (stopped.startedAt ?? '')).toBe(true);
    await harness.run('incremental');
    expect((await harness.shards()).get('p0001')?.data['name']).toBe('Changed behind the reader');
  });

  it.each<[string, (harness: SyncHarness) => Promise<unknown>]>([
    [
      'the mapping',
      async (harness) => {
        const [mapping] = (await harness.task()).objects;
        if (mapping === undefined) throw new Error('no mapping');
        const fields = mapping.fields.map((field) => ({ ...field, transforms: ['upper' as const] }));
        await editTask(harness, { objects: [{ ...mapping, fields }] });
      },
    ],
    [
      'the settings',
      async (harness) => {
        const { integrationId } = await harness.task();
        const stored = await harness.deps.integrations.get(harness.scope, { id: integrationId });
        if (stored === undefined) throw new Error('no integration');
        const document = { ...stored.document, settings: { other: 'yes' } };
        await harness.deps.integrations.write(harness.scope, { kind: 'replace', document, etag: stored.etag });
      },
    ],
  ])('reads all from the start when %s changed meanwhile', async (_name, change) => {
    const { harness, stopped } = await cancelledRun();
    await change(harness);
    const asked = harness.provider.requests.length;
    const run = await retryAll(harness, stopped.id);
    expect(cursorsOf(harness, asked)).toEqual([0, 5, 10, 15, 20]);
    expect(run).toMatchObject({ state: 'succeeded', counts: { received: 23, created: 13 } });
  });

  it('of a run that the provider ended goes on as well, and on failing again, again', async () => {
    const harness = await createSyncHarness({ pageSize: 5 });
    fill(harness, 23);
    harness.provider.onPull = ({ cursor }) => {
      if (Number(cursor ?? 0) >= 10) harness.provider.failures.push(new AdapterFailure('unavailable', 'Gone.'));
    };
    const first = await harness.run();
    expect(first).toMatchObject({ state: 'failed', counts: { received: 10 } });
    const second = await retryAll(harness, first.id);
    expect(second).toMatchObject({ state: 'failed', counts: { received: 0 }, checkpoint: { cursor: '10' } });
    harness.provider.onPull = undefined;
    harness.provider.failures.length = 0;
    const asked = harness.provider.requests.length;
    expect(await retryAll(harness, second.id)).toMatchObject({ state: 'succeeded', counts: { received: 13 } });
    expect(cursorsOf(harness, asked)).toEqual([10, 15, 20]);
  });

  it('of a run that succeeded runs the task again in the same mode', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const first = await harness.run();
    expect(await retryAll(harness, first.id)).toMatchObject({
      mode: first.mode,
      state: 'succeeded',
      retryOf: first.id,
    });
  });

  it('is refused while the run goes on, and while another run of the task does', async () => {
    const { harness, stopped } = await cancelledRun();
    const other = await harness.start();
    const person = createPerson(harness);
    expect(await refusal(person.retry(other.id))).toBe('wrong-state');
    expect(await refusal(person.retry(stopped.id))).toBe('already-running');
    await harness.finish(other.id);
    expect(await refusal(person.retry(stopped.id))).toBeUndefined();
  });

  it.each(['before', 'after'] as const)('that crashes %s any step loses and doubles nothing', async (moment) => {
    for (let step = 1; step <= 60; step += 1) {
      const { harness, stopped } = await cancelledRun();
      const { id } = await createPerson(harness).retry(stopped.id);
      harness.deps.faults.crashAt(step, moment);
      const run = await harness.finish(id);
      harness.deps.faults.restart();
      expect(run, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { received: 13, created: 13 } });
      expect((await harness.run('full')).counts, `step ${step}`).toMatchObject({ received: 23, unchanged: 23 });
    }
  });
});

it('of several objects the one that cannot be read is left, its watermark stays, the others move', async () => {
  const plain = await createSyncHarness();
  const [mapping] = (await plain.task()).objects;
  if (mapping === undefined) throw new Error('no mapping');
  const objects = ['contact', 'person', 'lead'].map((shardTypeId) => ({ ...mapping, shardTypeId }));
  const harness = await createSyncHarness({ pageSize: 4, task: { objects } });
  fill(harness, 6);
  await harness.run();
  const before = (await harness.task()).watermarks;
  expect(Object.keys(before)).toHaveLength(3);
  harness.deps.clock.advance(hourMs);
  harness.provider.put('p0002', { name: 'New', city: 'Ptuj' });
  let opened = 0;
  harness.provider.onPull = ({ cursor }) => {
    if (cursor === undefined) opened += 1;
    if (opened === 2) harness.provider.failures.push(new AdapterFailure('forbidden', 'Not allowed.'));
  };
  const run = await harness.run('full');
  expect(run).toMatchObject({
    state: 'partial',
    problem: expect.stringContaining('Not allowed.'),
    counts: { received: 12, updated: 2 },
    progress: { 1: { problem: 'Not allowed.' } },
  });
  const after = (await harness.task()).watermarks;
  const moved = Object.keys(before).filter((key) => after[key] !== before[key]);
  expect(moved).toHaveLength(2);
  const person = harness.deps.shards.all().filter(({ shardTypeId }) => shardTypeId === 'person');
  expect(person.some(({ data }) => data['name'] === 'New')).toBe(false);
  harness.provider.onPull = undefined;
  harness.provider.failures.length = 0;
  expect(await harness.run('incremental')).toMatchObject({ state: 'succeeded' });
  expect(harness.deps.shards.all().filter(({ data }) => data['name'] === 'New')).toHaveLength(3);
});
