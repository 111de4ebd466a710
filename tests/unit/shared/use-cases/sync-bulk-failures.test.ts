import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import { longAgo } from '../../../kit/sync-harness.ts';
import { bulkHarness, expectWhole, people } from './bulk-harness.ts';

describe('a provider that fails a bulk run', () => {
  it('is waited for, and the run ends well', async () => {
    const harness = await bulkHarness();
    const { id } = await harness.start();
    await harness.turns(3);
    harness.provider.failures.push(
      new AdapterFailure('rate-limited', 'Too many.', { retryAfterMs: 90_000 }),
      new AdapterFailure('unavailable', 'Down.'),
    );
    const execution = await harness.finish(id);
    await expectWhole(harness, execution);
    expect(execution.bulk?.generation).toBe(1);
    expect(harness.deps.runs.logs.all().map(({ message }) => message)).toContain('The run is waiting: Too many.');
  });

  it('in one range for long does not keep the workers from the others', async () => {
    const harness = await bulkHarness({}, ['p0003', 'p0006', 'p0009', 'p0012', 'p0015', 'p0018', 'p0021']);
    const startedAtMs = harness.deps.now().getTime();
    const sinceStartMs = () => harness.deps.now().getTime() - startedAtMs;
    const others: number[] = [];
    harness.provider.onPull = ({ range }) => {
      if (range?.['from'] !== undefined) {
        others.push(sinceStartMs());
        harness.deps.clock.advance(20_000);
      } else if (sinceStartMs() < 1_000_000)
        throw new AdapterFailure('rate-limited', 'Too many.', { retryAfterMs: 1_000_000 });
    };
    const execution = await harness.run();
    await expectWhole(harness, execution);
    expect(Math.max(...others)).toBeLessThan(1_000_000);
  });

  it('for good in one range leaves the object, with the reason, and keeps what was applied', async () => {
    const harness = await bulkHarness();
    harness.provider.onPull = ({ range }) => {
      if (range?.['from'] === 'p0006') throw new AdapterFailure('unexpected-response', 'Not JSON.');
    };
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'failed', problem: 'Not JSON.', counts: { created: people - 6 } });
    expect((await harness.task()).watermarks).toEqual({});
  });

  it('with a rejected credential ends the run and pauses the connection', async () => {
    const harness = await bulkHarness();
    harness.provider.onPull = () => {
      throw new AdapterFailure('credentials-rejected', 'Not accepted.');
    };
    expect(await harness.run()).toMatchObject({ state: 'failed', problem: 'Not accepted.' });
  });

  it('keeps its bad records apart', async () => {
    const harness = await bulkHarness();
    harness.provider.put('p0007', { city: 'No name' }, longAgo);
    harness.provider.put('p0020', { city: 'No name' }, longAgo);
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'partial', counts: { received: people, created: people - 2, failed: 2 } });
    const failed = harness.deps.runs.failedRecords.all();
    expect(failed.map(({ executionId }) => executionId)).toEqual([execution.id, execution.id]);
  });
});

describe('an adapter that cuts otherwise after a crash', () => {
  it('leaves no record out: what was planned halfway fails with the reason', async () => {
    const states = new Set<string>();
    for (let step = 1; step < 40; step += 1) {
      const harness = await bulkHarness();
      const { id } = await harness.start();
      harness.deps.faults.crashAt(step, 'after');
      while (harness.deps.faults.restarts === 0) await harness.turns(1);
      harness.provider.cutAt = ['p0010', 'p0011', 'p0012', 'p0020'];
      const execution = await harness.finish(id);
      states.add(execution.state);
      if (execution.state === 'succeeded') await expectWhole(harness, execution, `step ${step}`);
      else expect(execution.problem).toContain('planned');
    }
    expect(states).toEqual(new Set(['succeeded', 'failed']));
  });
});
