import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createDeliveryHarness } from '../../../kit/delivery-harness.ts';
import { createPerson } from '../../../kit/person.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';
import { bulkHarness } from './bulk-harness.ts';

const gone = ['p0003', 'p0007'];

/** 20 people that have been read, of which some are gone without a trace. */
async function begin(task: object = {}, forgotten: readonly string[] = gone): Promise<SyncHarness> {
  const harness = await createSyncHarness({ pageSize: 4, task: { mode: 'full', ...task } });
  fill(harness, 20);
  await harness.run();
  for (const id of forgotten) harness.provider.forget(id);
  harness.deps.clock.advance(1000);
  return harness;
}

async function statuses(harness: SyncHarness): Promise<Record<string, string>> {
  const shards = await harness.shards();
  return Object.fromEntries(
    [...shards].filter(([, { status }]) => status !== 'active').map(([id, { status }]) => [id, status]),
  );
}

function feedOf(run: ExecutionDocument) {
  return run.comparison?.feeds[0];
}

describe('a complete full read', () => {
  it('marks deleted what it did not see, and only that', async () => {
    const harness = await begin();
    const run = await harness.run();
    expect(run).toMatchObject({ state: 'succeeded', counts: { received: 18, unchanged: 18 } });
    expect(feedOf(run)).toMatchObject({ links: 20, missing: 2, deleted: 2, outcome: 'deleted' });
    expect(await statuses(harness)).toEqual({ p0003: 'deleted', p0007: 'deleted' });
    const again = await harness.run();
    expect(feedOf(again)).toMatchObject({ links: 18, missing: 0, outcome: 'nothing' });
  });

  it('archives, where the task says so, with the data kept, and takes it back when the record is seen again', async () => {
    const harness = await begin({ deletions: 'archive' });
    await harness.run();
    expect(await statuses(harness)).toEqual({ p0003: 'archived', p0007: 'archived' });
    expect((await harness.shards()).get('p0003')?.data).toMatchObject({ name: 'Person 3' });
    harness.provider.put('p0003', { name: ' Person 3 ', city: 'Maribor' }, longAgo);
    const run = await harness.run();
    expect(run.counts).toMatchObject({ updated: 1, created: 0 });
    expect(await statuses(harness)).toEqual({ p0007: 'archived' });
  });

  it('archives by the delete marker of the provider, too', async () => {
    const harness = await begin({ deletions: 'archive', mode: 'incremental' }, []);
    harness.provider.delete('p0001');
    await harness.run();
    expect(await statuses(harness)).toEqual({ p0001: 'archived' });
  });

  it('follows no deletions where the task ignores them', async () => {
    const harness = await begin({ deletions: 'ignore' });
    const run = await harness.run();
    expect(run.comparison).toBeUndefined();
    expect(await statuses(harness)).toEqual({});
    expect(harness.deps.runs.pages.all().some(({ seen }) => seen !== undefined)).toBe(false);
  });

  it('of a bulk run is compared over all its partitions', async () => {
    const harness = await bulkHarness({ task: { mode: 'full' } });
    await harness.run();
    harness.provider.forget('p0002');
    harness.provider.forget('p0019');
    harness.deps.clock.advance(1000);
    const run = await harness.run();
    expect(run.state).toBe('succeeded');
    expect(feedOf(run)).toMatchObject({ links: 23, missing: 2, deleted: 2, outcome: 'deleted' });
    expect(await statuses(harness)).toEqual({ p0002: 'deleted', p0019: 'deleted' });
  });

  it('keeps records that were set aside: they were seen', async () => {
    const harness = await begin({}, []);
    harness.provider.put('p0003', { name: '', city: 'Maribor' });
    const run = await harness.run();
    expect(run).toMatchObject({ state: 'partial', counts: { failed: 1 } });
    expect(feedOf(run)).toMatchObject({ missing: 0, outcome: 'nothing' });
  });

  it('keeps what was looked at after it began', async () => {
    const harness = await begin({}, []);
    // As when it was created here and pushed there, while the read was past its place.
    harness.provider.onPull = async ({ cursor }) => {
      if (cursor !== '8') return;
      harness.provider.onPull = undefined;
      const { id } = (await harness.links()).find(({ externalId }) => externalId === 'p0002') ?? { id: '' };
      const link = await harness.deps.links.get(harness.scope, { id });
      if (link === undefined) throw new Error('there is no link');
      const document = { ...link.document, observed: { fence: harness.deps.clock.nowMs(), page: 0 } };
      await harness.deps.links.write(harness.scope, { kind: 'replace', document, etag: link.etag });
    };
    harness.provider.forget('p0002');
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ missing: 0 });
    expect(await statuses(harness)).toEqual({});
  });

  it('finds more than one page of links, and as many missing', async () => {
    const task = { holds: { deletedRecords: 5000, deletedShare: 1, overwrittenRecords: 50, overwrittenShare: 1 } };
    const harness = await createSyncHarness({ pageSize: 500, task: { mode: 'full', ...task } });
    fill(harness, 2300);
    await harness.run();
    for (let index = 0; index < 2300; index += 2) harness.provider.forget(`p${String(index).padStart(4, '0')}`);
    harness.deps.clock.advance(1000);
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ links: 2300, missing: 1150, deleted: 1150, batches: 2, outcome: 'deleted' });
    expect(Object.keys(await statuses(harness))).toHaveLength(1150);
  });

  it('lists what is missing here and there together, also over slices, and in lists of bounded size', async () => {
    const holds = { deletedRecords: 5000, deletedShare: 1, overwrittenRecords: 50, overwrittenShare: 1 };
    const harness = await createSyncHarness({
      pageSize: 500,
      engine: { pagesPerSlice: 1, sliceMs: 0 },
      task: { mode: 'full', holds },
    });
    fill(harness, 3100);
    await harness.run();
    for (let index = 0; index < 3100; index += 500) harness.provider.forget(`p${String(index).padStart(4, '0')}`);
    harness.deps.clock.advance(1000);
    expect(feedOf(await harness.run())).toMatchObject({ links: 3100, missing: 7, deleted: 7, batches: 1 });
    for (let index = 1; index < 1500; index += 1) harness.provider.forget(`p${String(index).padStart(4, '0')}`);
    harness.deps.clock.advance(1000);
    expect(feedOf(await harness.run())).toMatchObject({ missing: 1497, deleted: 1497, batches: 2 });
    expect(Object.keys(await statuses(harness))).toHaveLength(1504);
    expect(harness.deps.runs.missing.all().every(({ linkIds }) => linkIds.length <= 1000)).toBe(true);
  });

  it.each(['before', 'after'] as const)(
    'deletes just what is gone, whatever step it crashes at (%s it took)',
    async (moment) => {
      const steps = await stepsOf(await begin());
      for (let step = 1; step <= steps; step += 1) {
        const harness = await begin();
        const { id } = await harness.start();
        harness.deps.faults.crashAt(step, moment);
        const run = await harness.finish(id);
        expect(run.state, `step ${step}`).toBe('succeeded');
        expect(feedOf(run), `step ${step}`).toMatchObject({ links: 20, missing: 2, deleted: 2, outcome: 'deleted' });
        expect(await statuses(harness), `step ${step}`).toEqual({ p0003: 'deleted', p0007: 'deleted' });
        expect(
          (await harness.links()).every(({ state }) => state === 'settled'),
          `step ${step}`,
        ).toBe(true);
      }
    },
  );

  async function stepsOf(harness: SyncHarness): Promise<number> {
    const { id } = await harness.start();
    const before = harness.deps.faults.steps;
    await harness.finish(id);
    return harness.deps.faults.steps - before;
  }
});

describe('a webhook', () => {
  it.each([
    ['of the task that reads', true],
    ['although the task takes no webhooks', false],
  ] as const)('that shows a record unchanged while a full read misses it keeps it (%s)', async (_, enabled) => {
    const harness = await createDeliveryHarness({ pageSize: 4, task: { mode: 'full' } });
    fill(harness, 20);
    await harness.run();
    const task = await harness.deps.tasks.get(harness.scope, { id: (await harness.task()).id });
    if (task === undefined) throw new Error('There is no task');
    if (!enabled) {
      const other = { ...task.document, id: harness.deps.newId('task') };
      await harness.deps.tasks.write(harness.scope, { kind: 'create', document: other });
      await harness.deps.tasks.write(harness.scope, {
        kind: 'replace',
        document: { ...task.document, enabled: false },
        etag: task.etag,
      });
    }
    harness.deps.clock.advance(1000);
    harness.provider.forget('p0002');
    harness.provider.onPull = async ({ cursor }) => {
      if (cursor !== '8') return;
      harness.provider.onPull = undefined;
      const version = Date.parse(longAgo);
      const change = { externalId: 'p0002', deleted: false, record: { name: ' Person 2 ', city: 'Maribor' }, version };
      const { id } = await harness.receive([{ kind: 'change', object: 'people', change }]);
      await harness.turn();
      expect((await harness.delivery(id)).processing.result?.counts).toEqual({ unchanged: 1 });
    };
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ missing: 0, outcome: 'nothing' });
    expect(await statuses(harness)).toEqual({});
    expect((await harness.links()).every(({ state }) => state === 'settled')).toBe(true);
  });

  it('leaves no trace of an unchanged record when nothing reads it whole', async () => {
    const harness = await createDeliveryHarness({ pageSize: 4, task: { mode: 'full' } });
    fill(harness, 3);
    await harness.run();
    const before = await harness.links();
    const version = Date.parse(longAgo);
    const change = { externalId: 'p0002', deleted: false, record: { name: ' Person 2 ', city: 'Maribor' }, version };
    await harness.receive([{ kind: 'change', object: 'people', change }]);
    await harness.settle();
    expect(await harness.links()).toEqual(before);
  });
});

describe('nothing is deleted', () => {
  const expectNothing = async (harness: SyncHarness, run: ExecutionDocument, reason: RegExp): Promise<void> => {
    expect(feedOf(run)?.outcome ?? 'left').toBe('left');
    if (feedOf(run) !== undefined) expect(feedOf(run)?.reason).toMatch(reason);
    expect(await statuses(harness)).toEqual({});
    expect(harness.deps.holds.all()).toEqual([]);
  };

  it('by a run that read only what has changed', async () => {
    const harness = await begin({ mode: 'incremental' });
    await expectNothing(harness, await harness.run(), /part/);
  });

  it('by a run that failed', async () => {
    const harness = await begin();
    harness.provider.onPull = ({ cursor }) => {
      if (cursor === '12') throw new AdapterFailure('unavailable', 'Down.');
    };
    const run = await harness.run();
    expect(run.state).toBe('failed');
    await expectNothing(harness, run, /./);
  });

  it('by the retry of a run that failed, which went on in the middle', async () => {
    const harness = await begin();
    harness.provider.onPull = ({ cursor }) => {
      if (cursor === '12') throw new AdapterFailure('unavailable', 'Down.');
    };
    const failed = await harness.run();
    harness.provider.onPull = undefined;
    const { id } = await createPerson(harness).retry(failed.id);
    const run = await harness.finish(id);
    expect(run.state).toBe('succeeded');
    await expectNothing(harness, run, /from its start/);
  });

  it('by a run that was cancelled', async () => {
    const harness = await begin();
    const { id } = await harness.start();
    harness.provider.onPull = async ({ cursor }) => {
      if (cursor === '12') await createPerson(harness).ask('cancel', id);
    };
    const run = await harness.finish(id);
    expect(run.state).toBe('cancelled');
    await expectNothing(harness, run, /./);
  });

  it.each(['ignore', 'archive'] as const)('when the task says %s since the run began', async (deletions) => {
    const harness = await begin();
    const { id } = await harness.start();
    harness.provider.onPull = async ({ cursor }) => {
      if (cursor !== '12') return;
      const stored = await harness.deps.tasks.get(harness.scope, { id: (await harness.task()).id });
      if (stored === undefined) throw new Error('There is no task');
      const document = { ...stored.document, deletions };
      await harness.deps.tasks.write(harness.scope, { kind: 'replace', document, etag: stored.etag });
    };
    await expectNothing(harness, await harness.finish(id), /no longer says/);
  });

  it('when the provider said there were more', async () => {
    const harness = await begin();
    harness.provider.tellsTotal = true;
    harness.provider.saysMore = 1;
    await expectNothing(harness, await harness.run(), /gave 18 records, but said there were 19/);
  });

  it('when a record could not be told', async () => {
    const harness = await begin();
    harness.provider.rejects = [{ reason: 'It has no id.' }];
    await expectNothing(harness, await harness.run(), /could not be told/);
  });

  it('of a record that the provider shows without being able to give it', async () => {
    const harness = await begin({}, []);
    harness.provider.forget('p0005');
    harness.provider.rejects = [{ externalId: 'p0005', reason: 'It is no object.' }];
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ missing: 0, outcome: 'nothing' });
  });

  it('by what the pages showed before everything was read anew with other settings', async () => {
    const harness = await begin({}, []);
    const { id } = await harness.start();
    const first = harness.deps.syncQueue.receive();
    if (first === undefined) throw new Error('no message');
    harness.provider.onPull = async ({ cursor }) => {
      if (cursor !== '8') return;
      harness.provider.onPull = undefined;
      await createPerson(harness).ask('pause', id);
    };
    await workOnSlice(harness.deps, first.envelope);
    first.complete();
    const { integrationId } = await harness.task();
    const integration = await harness.deps.integrations.get(harness.scope, { id: integrationId });
    if (integration === undefined) throw new Error('no integration');
    await harness.deps.integrations.write(harness.scope, {
      kind: 'replace',
      document: { ...integration.document, settings: { other: 'yes' } },
      etag: integration.etag,
    });
    harness.provider.forget('p0000');
    await createPerson(harness).ask('resume', id);
    const run = await harness.finish(id);
    expect(run.progress[0]?.read).toMatchObject({ records: 19 });
    expect(feedOf(run)).toMatchObject({ links: 20, missing: 1, deleted: 1 });
    expect(await statuses(harness)).toEqual({ p0000: 'deleted' });
  });
});
