import { describe, expect, it } from 'vitest';
import { reconciles } from '../../../../shared/core/counts.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createSyncHarness, fill, longAgo, traceparent } from '../../../kit/sync-harness.ts';

describe('a crash', () => {
  it.each(['before', 'after'] as const)(
    'at any step (%s it took) loses, doubles and miscounts nothing',
    async (moment) => {
      const steps = await undisturbedSteps();
      expect(steps).toBeGreaterThan(50);
      for (let step = 1; step <= steps; step += 1) {
        const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2 } });
        fill(harness, 13);
        const { id } = await harness.start();
        harness.deps.faults.crashAt(step, moment);
        const execution = await harness.finish(id);
        expect(execution.state, `step ${step}`).toBe('succeeded');
        expect(execution.counts, `step ${step}`).toMatchObject({ received: 13, created: 13 });
        expect((await harness.shards()).size, `step ${step}`).toBe(13);
        expect(harness.deps.events.all(), `step ${step}`).toMatchObject([{ type: 'sync.completed', subject: id }]);
        expect(
          (await harness.links()).every((link) => link.state === 'settled'),
          `step ${step}`,
        ).toBe(true);
        const quiet = await harness.run('full');
        expect(quiet.counts, `step ${step}`).toMatchObject({ received: 13, unchanged: 13 });
      }
    },
  );

  it('while the provider shifts its pages still counts every new link once', async () => {
    const steps = await undisturbedSteps();
    for (let step = 4; step <= steps; step += 1) {
      const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2 } });
      fill(harness, 13);
      const { id } = await harness.start();
      harness.deps.faults.crashAt(step, 'after');
      let crashed = false;
      harness.provider.onPull = () => {
        if (crashed || harness.deps.faults.restarts === 0) return;
        crashed = true;
        harness.provider.forget('p0001');
        harness.provider.put('p0000a', { name: 'Inserted' }, longAgo);
      };
      const execution = await harness.finish(id);
      expect(execution.state, `step ${step}`).toBe('succeeded');
      expect(reconciles(execution.counts), `step ${step}`).toBe(true);
      const settled = (await harness.links()).filter((link) => link.state === 'settled');
      expect(execution.counts.created, `step ${step}`).toBe((await harness.shards()).size);
      expect(settled.length, `step ${step}`).toBeLessThanOrEqual(execution.counts.created);
    }
  });

  async function undisturbedSteps(): Promise<number> {
    const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2 } });
    fill(harness, 13);
    const { id } = await harness.start();
    const before = harness.deps.faults.steps;
    await harness.finish(id);
    return harness.deps.faults.steps - before;
  }
});

describe('two workers', () => {
  it('with copies of one message do the work once', async () => {
    const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2 } });
    fill(harness, 13);
    const { id } = await harness.start();
    const message = harness.deps.syncQueue.receive();
    if (message === undefined) throw new Error('no message');
    await Promise.all([
      workOnSlice(harness.deps, message.envelope),
      workOnSlice(harness.deps, { ...message.envelope, messageId: 'copy' }),
      workOnSlice(harness.deps, message.envelope),
    ]);
    message.complete();
    const execution = await harness.finish(id);
    expect(execution).toMatchObject({ state: 'succeeded', counts: { received: 13, created: 13 } });
    expect((await harness.shards()).size).toBe(13);
  });

  it('cannot start a task twice at once', async () => {
    const harness = await createSyncHarness();
    const results = await Promise.allSettled([harness.start(), harness.start(), harness.start()]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(
      results.filter((result) => result.status === 'rejected' && result.reason.code === 'already-running'),
    ).toHaveLength(2);
  });
});

describe('a lost message', () => {
  it('is noticed by the watch, and the run ends well', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const { id } = await harness.start();
    harness.deps.syncQueue.receive()?.complete();
    const execution = await harness.finish(id);
    expect(execution).toMatchObject({ state: 'succeeded', counts: { created: 7 } });
  });

  it('again and again ends the run with a reason', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const { id } = await harness.start();
    for (let turn = 0; turn < 10; turn += 1) {
      harness.deps.syncQueue.receive()?.complete();
      harness.deps.clock.advance(600_000);
      await runDueEntries(harness.deps, traceparent);
    }
    const stored = await harness.deps.runs.executions.get(harness.scope, { id, partition: id });
    expect(stored?.document.state).toBe('failed');
    expect(stored?.document.problem).toContain('No worker took the run up');
  });
});
