import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { cancelExecution } from '../../../../shared/use-cases/cancel-execution.ts';
import { pauseExecution } from '../../../../shared/use-cases/pause-execution.ts';
import { resumeExecution } from '../../../../shared/use-cases/resume-execution.ts';
import { Crash } from '../../../kit/faults.ts';
import { createPerson } from '../../../kit/person.ts';
import type { SyncHarness } from '../../../kit/sync-harness.ts';
import { bulkHarness, expectWhole, people } from './bulk-harness.ts';
import { publishTargets } from './publish-targets.ts';

async function edit(harness: SyncHarness, change: Partial<TaskDocument>): Promise<void> {
  const task = await harness.task();
  const stored = await harness.deps.tasks.get(harness.scope, { id: task.id });
  if (stored === undefined) throw new Error('the task is gone');
  const document = { ...stored.document, ...change };
  await harness.deps.tasks.write(harness.scope, { kind: 'replace', document, etag: stored.etag });
}

describe('a bulk run', () => {
  it('reads each range once and ends as one run', async () => {
    const harness = await bulkHarness();
    const execution = await harness.run();
    await expectWhole(harness, execution);
    expect(execution.bulk).toMatchObject({ generation: 1, partitions: 5, compares: true });
    expect(execution.progress).toEqual({ 0: { received: people } });
    expect(execution.comparison?.feeds).toMatchObject([{ links: 0, missing: 0, outcome: 'nothing' }]);
    expect(execution.pages).toBe(12);
    const ranges = new Set(harness.provider.requests.map(({ range }) => JSON.stringify(range)));
    expect(ranges.size).toBe(4);
  });

  it('keeps the version of its mapping in every partition, whatever is published meanwhile', async () => {
    const harness = await bulkHarness();
    const fields = [{ to: 'name', from: 'name' }];
    await publishTargets(harness, [{ shardTypeId: 'contact', fields }]);
    const { id } = await harness.start();
    await harness.turns(3);
    expect(await harness.read(id)).toMatchObject({ state: 'running', bulk: { partitions: 5 } });
    await publishTargets(harness, [{ shardTypeId: 'contact', fields: [...fields, { to: 'town', from: 'city' }] }]);
    await expectWhole(harness, await harness.finish(id));
    for (const shard of (await harness.shards()).values()) expect(Object.keys(shard.data)).toEqual(['name']);
    expect((await harness.run()).counts).toMatchObject({ received: people, updated: people });
  });

  it('reads an object that cannot be cut as one', async () => {
    const harness = await bulkHarness({}, []);
    const execution = await harness.run();
    await expectWhole(harness, execution);
    expect(execution.bulk).toMatchObject({ partitions: 2 });
  });

  it('moves the watermark as a plain run does', async () => {
    const [plain, bulk] = [await bulkHarness({ task: { bulk: 'never' } }), await bulkHarness()];
    for (const harness of [plain, bulk]) {
      harness.provider.put('p0003', { name: 'Newest' }, '2029-12-31T00:00:00.000Z');
      await harness.run();
    }
    expect((await bulk.task()).watermarks).toEqual((await plain.task()).watermarks);
    expect((await bulk.task()).sizes).toEqual((await plain.task()).sizes);
    bulk.provider.put('p0021', { name: 'Changed' });
    const next = await bulk.run('incremental');
    expect(next).toMatchObject({ state: 'succeeded', counts: { updated: 1, created: 0 } });
  });

  it('begins in the midst of a run that turns out to be large, and goes on where that was', async () => {
    const harness = await bulkHarness({ task: { bulk: 'auto' }, engine: { bulkAboveRecords: 3 } });
    const execution = await harness.run();
    await expectWhole(harness, execution);
    expect(execution.bulk).toMatchObject({ partitions: 2, before: { pages: 2 } });
    expect(harness.provider.requests.filter(({ cursor }) => cursor === undefined)).toHaveLength(1);
  });

  it('goes on where a stopped run was, which had read most of it', async () => {
    const harness = await bulkHarness({ task: { bulk: 'never' } });
    const isOut = () => new AdapterFailure('unavailable', 'Down.');
    harness.provider.onPull = ({ cursor }) => {
      if (cursor === '20') throw isOut();
    };
    const stopped = await harness.run();
    expect(stopped).toMatchObject({ state: 'failed', counts: { received: 20 } });
    harness.provider.onPull = undefined;
    await edit(harness, { bulk: 'always' });
    const { id } = await createPerson(harness).retry(stopped.id);
    const execution = await harness.finish(id);
    expect(execution).toMatchObject({ state: 'succeeded', bulk: { partitions: 2 }, counts: { received: people - 20 } });
  });

  it('counts what is read again once in the size of an object', async () => {
    const harness = await bulkHarness();
    harness.provider.onPull = ({ range, cursor }) => {
      if (range?.['from'] !== 'p0006' || cursor !== '2') return;
      harness.provider.onPull = undefined;
      throw new AdapterFailure('cursor-expired', 'Forgotten.');
    };
    expect(await harness.run()).toMatchObject({ state: 'succeeded', progress: { 0: { received: people } } });
    expect(Object.values((await harness.task()).sizes ?? {})).toEqual([people]);
  });

  it('reads what was hardly begun again, in ranges, and counts it once in the size of its object', async () => {
    const harness = await bulkHarness({ task: { bulk: 'auto' }, engine: { bulkAboveRecords: 3 } });
    harness.provider.tellsTotal = true;
    const execution = await harness.run();
    expect(execution).toMatchObject({
      state: 'succeeded',
      bulk: { partitions: 5, before: { pages: 1 } },
      counts: { created: people, unchanged: 2 },
      progress: { 0: { received: people, expected: people } },
    });
    expect(Object.values((await harness.task()).sizes ?? {})).toEqual([people]);
  });

  it('stays plain below the size', async () => {
    const harness = await bulkHarness({ task: { bulk: 'auto' }, engine: { bulkAboveRecords: 23 } });
    const execution = await harness.run();
    await expectWhole(harness, execution);
    expect(execution.bulk).toBeUndefined();
  });
});

describe('a crash of a bulk run', () => {
  it.each(['before', 'after'] as const)(
    'at any step (%s it took) loses, doubles and miscounts nothing',
    async (moment) => {
      const steps = await undisturbedSteps();
      expect(steps).toBeGreaterThan(100);
      for (let step = 1; step <= steps; step += 1) {
        const harness = await bulkHarness();
        const { id } = await harness.start();
        harness.deps.faults.crashAt(step, moment);
        const execution = await harness.finish(id);
        await expectWhole(harness, execution, `step ${step}`);
      }
    },
    60_000,
  );

  async function undisturbedSteps(): Promise<number> {
    const harness = await bulkHarness();
    const { id } = await harness.start();
    const before = harness.deps.faults.steps;
    await harness.finish(id);
    return harness.deps.faults.steps - before;
  }
});

describe('an orchestration', () => {
  it('that is lost at any moment is replaced by another, and does no harm', async () => {
    for (let turns = 1; turns < 30; turns += 1) {
      const harness = await bulkHarness();
      const { id } = await harness.start();
      await harness.turns(turns);
      const [first] = harness.deps.orchestrations.started;
      if (first !== undefined) harness.deps.orchestrations.lose(first);
      const execution = await harness.finish(id);
      await expectWhole(harness, execution, `after ${turns} turns`);
    }
  });

  it('that sleeps while another takes over is refused', async () => {
    for (let turns = 2; turns < 30; turns += 1) {
      const harness = await bulkHarness();
      const { id } = await harness.start();
      await harness.turns(turns);
      // Nobody shows a sign of life for a while; then both go on.
      harness.deps.clock.advance(harness.deps.engine.leaseMs + 10 * harness.deps.engine.watchMs);
      await harness.tick();
      const execution = await harness.finish(id);
      await expectWhole(harness, execution, `after ${turns} turns`);
      expect(harness.deps.orchestrations.running, `after ${turns} turns`).toBe(0);
    }
  });
});

describe('a person', () => {
  const asPerson = (harness: SyncHarness, id: string) => {
    const params = async () => ({ integrationId: (await harness.task()).integrationId, executionId: id });
    const attempt = { at: harness.deps.now(), repeated: false };
    const input = async () => ({
      params: await params(),
      query: undefined,
      body: undefined,
      ifMatch: undefined,
      attempt,
    });
    return {
      pause: async () => pauseExecution(harness.deps, harness.scope, await input()),
      resume: async () => resumeExecution(harness.deps, harness.scope, await input()),
      cancel: async () => cancelExecution(harness.deps, harness.scope, await input()),
    };
  };
  const state = async (harness: SyncHarness, id: string) =>
    (await harness.deps.runs.executions.get(harness.scope, { id, partition: id }))?.document.state;

  it('pauses and resumes at any moment, and nothing is lost or doubled', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const harness = await bulkHarness();
      const { id } = await harness.start();
      await harness.turns(turns);
      const person = asPerson(harness, id);
      if ((await state(harness, id)) === 'succeeded') break;
      await person.pause();
      await harness.turns(20);
      expect(await state(harness, id), `after ${turns} turns`).toBe('paused');
      const requests = harness.provider.requests.length;
      await harness.turns(20);
      expect(harness.provider.requests.length).toBe(requests);
      await person.resume();
      await expectWhole(harness, await harness.finish(id), `after ${turns} turns`);
    }
  });

  it('cancels at any moment, also what is paused: what was applied stays and is counted', async () => {
    for (const paused of [false, true]) {
      for (let turns = 0; turns < 30; turns += 1) {
        const harness = await bulkHarness();
        const { id } = await harness.start();
        await harness.turns(turns);
        const note = `after ${turns} turns, ${paused ? 'paused' : 'at work'}`;
        if ((await state(harness, id)) === 'succeeded') break;
        const person = asPerson(harness, id);
        if (paused) {
          await person.pause();
          await harness.turns(turns % 3);
        }
        await person.cancel();
        const execution = await harness.finish(id);
        expect(execution.state, note).toBe('cancelled');
        expect(execution.counts.created, note).toBe((await harness.shards()).size);
        expect(execution.counts.created, note).toBeLessThan(people + 1);
        expect(
          harness.deps.leases.all().filter(({ executionId }) => executionId !== undefined),
          note,
        ).toEqual([]);
        expect(await harness.run('full'), note).toMatchObject({
          state: 'succeeded',
          counts: { received: people, created: people - execution.counts.created },
        });
      }
    }
  });

  it.each(['before', 'after'] as const)(
    'cancels while the worker crashes at any step (%s it took)',
    async (moment) => {
      for (let step = 1; step < 130; step += 3) {
        const harness = await bulkHarness();
        const { id } = await harness.start();
        harness.deps.faults.crashAt(step, moment);
        await harness.turns(6);
        if (harness.deps.faults.crashed) harness.deps.faults.restart();
        if ((await state(harness, id)) === 'succeeded') break;
        try {
          await asPerson(harness, id).cancel();
        } catch (error) {
          // The crash came during the request: the person asks again.
          if (!(error instanceof Crash)) throw error;
          harness.deps.faults.restart();
          await asPerson(harness, id).cancel();
        }
        const execution = await harness.finish(id);
        expect(execution.state, `step ${step}`).toBe('cancelled');
        harness.deps.faults.restart();
        const next = await harness.run('full');
        expect(next, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { received: people } });
        expect((await harness.shards()).size).toBe(people);
      }
    },
    60_000,
  );
});
