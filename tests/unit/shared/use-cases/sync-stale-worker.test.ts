import { describe, expect, it } from 'vitest';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createSyncHarness, fill, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';

/**
 * Lets a worker fall asleep before its `sleepAt`-th call of a port; meanwhile its lease ends, the provider changes and others do the work.
 *
 * @returns undefined when the worker made fewer calls
 */
async function sleepThrough(sleepAt: number, change: (harness: SyncHarness) => void, versioned: boolean) {
  const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 3 } });
  harness.provider.versioned = versioned;
  fill(harness, 11);
  await harness.run();
  harness.deps.clock.advance(60_000);
  for (const id of ['p0001', 'p0002', 'p0005']) harness.provider.put(id, { name: `First ${id}` });
  harness.provider.put('p0003a', { name: 'New' });
  const { id } = await harness.start('full');
  const message = harness.deps.syncQueue.receive();
  if (message === undefined) throw new Error('no message');
  const shardsBefore = (await harness.shards()).size;
  let calls = 0;
  harness.deps.faults.onOperation = async () => {
    calls += 1;
    if (calls !== sleepAt) return;
    harness.deps.faults.onOperation = undefined;
    harness.deps.clock.advance(600_000);
    change(harness);
    await runDueEntries(harness.deps, traceparent);
    await harness.finish(id);
  };
  await workOnSlice(harness.deps, message.envelope);
  message.complete();
  harness.deps.faults.onOperation = undefined;
  if (calls < sleepAt) return undefined;
  return { harness, execution: await harness.finish(id), shardsBefore };
}

describe.each([
  ['with versions', true],
  ['without versions', false],
])('a worker that wakes up after others did its work, at a provider %s', (_name, versioned) => {
  it('puts back nothing that is older', async () => {
    let sleepAt = 1;
    for (; ; sleepAt += 1) {
      const slept = await sleepThrough(
        sleepAt,
        ({ provider, deps }) => {
          deps.clock.advance(1000);
          provider.put('p0001', { name: ' Person 1 ', city: 'Maribor' });
          provider.put('p0002', { name: 'Second p0002' });
          provider.delete('p0005');
        },
        versioned,
      );
      if (slept === undefined) break;
      const { harness, execution, shardsBefore } = slept;
      expect(execution.state, `call ${sleepAt}`).toBe('succeeded');
      const createdShards = (await harness.shards()).size - shardsBefore;
      expect(execution.counts.created, `call ${sleepAt}`).toBe(createdShards);
      // What changed behind the reader comes with the next run, and then nothing is left to do.
      await harness.run();
      expect((await harness.run('full')).counts, `call ${sleepAt}`).toMatchObject({ received: 12, unchanged: 12 });
      const shards = await harness.shards();
      expect(shards.get('p0001')?.data, `call ${sleepAt}`).toEqual({ name: 'Person 1', address: { city: 'Maribor' } });
      expect(shards.get('p0002')?.data, `call ${sleepAt}`).toEqual({ name: 'Second p0002' });
      expect(shards.get('p0005')?.status, `call ${sleepAt}`).toBe('deleted');
    }
    expect(sleepAt).toBeGreaterThan(20);
  });

  it('counts no record that moved to another page twice, nor never', async () => {
    for (let sleepAt = 1; ; sleepAt += 1) {
      const slept = await sleepThrough(
        sleepAt,
        ({ provider }) => {
          for (const extra of ['a', 'b', 'c', 'd']) provider.put(`o${extra}`, { name: `Before all ${extra}` });
        },
        versioned,
      );
      if (slept === undefined) break;
      const { harness, execution, shardsBefore } = slept;
      expect(execution.state, `call ${sleepAt}`).toBe('succeeded');
      expect(execution.counts.created, `call ${sleepAt}`).toBe((await harness.shards()).size - shardsBefore);
    }
  });
});

describe('a page that takes longer than a lease', () => {
  it('is applied by the worker that began it, which shows that it lives', async () => {
    const harness = await createSyncHarness({ pageSize: 4 });
    fill(harness, 11);
    const { id } = await harness.start();
    const message = harness.deps.syncQueue.receive();
    if (message === undefined) throw new Error('no message');
    harness.deps.faults.onOperation = async ({ port }) => {
      if (port !== 'links' && port !== 'shards' && port !== 'runs') return;
      // Slow calls, and the clock looks after each.
      const hook = harness.deps.faults.onOperation;
      harness.deps.faults.onOperation = undefined;
      harness.deps.clock.advance(40_000);
      await runDueEntries(harness.deps, traceparent);
      harness.deps.faults.onOperation = hook;
    };
    await workOnSlice(harness.deps, message.envelope);
    message.complete();
    const stored = await harness.deps.runs.executions.get(harness.scope, { id, partition: id });
    expect(stored?.document).toMatchObject({ counts: { created: 8 }, revivals: 0, pages: 2 });
    harness.deps.faults.onOperation = undefined;
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 11 } });
  });
});
