import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../../shared/core/adapter.ts';
import { planPartitions } from '../../../../../shared/core/bulk-run.ts';
import { reconciles } from '../../../../../shared/core/counts.ts';
import type { ExecutionDocument } from '../../../../../shared/core/documents/execution.ts';
import { personMapping, plainRules } from '../../../../kit/identity-world.ts';
import { createMatchedHarness, faultsOf, livingShards, people, records } from '../../../../kit/matched-run.ts';
import { createPerson, refusal } from '../../../../kit/person.ts';
import { longAgo, type SyncHarness } from '../../../../kit/sync-harness.ts';
import { editTask } from '../second-task.ts';

async function stepsOf(begin: () => Promise<SyncHarness>): Promise<number> {
  const harness = await begin();
  const { id } = await harness.start('full');
  const before = harness.deps.faults.steps;
  await harness.finish(id);
  return harness.deps.faults.steps - before;
}

describe('a bulk run whose partitions hold the same people', () => {
  const begin = async (): Promise<SyncHarness> => {
    const harness = await createMatchedHarness({ pageSize: 2, task: { bulk: 'always' } });
    // Who is there twice is in both, and comes at the same time.
    harness.provider.cutAt = ['p07'];
    return harness;
  };

  const expectWhole = (harness: SyncHarness, run: ExecutionDocument, where: string): void => {
    expect(run, where).toMatchObject({ state: 'succeeded', counts: { received: records, created: records } });
    expect(run.bulk?.partitions, where).toBe(3);
    expect(livingShards(harness), where).toHaveLength(people);
    expect(faultsOf(harness), where).toEqual([]);
    expect(harness.deps.due.all(), where).toEqual([]);
    expect(harness.deps.log.alerts, where).toEqual([]);
  };

  it('gives each partition the rules of the run', async () => {
    const harness = await begin();
    const { id } = await harness.start();
    const run = await harness.read(id);
    const partitions = planPartitions(run, () => [{ to: 'p04' }, { from: 'p04' }], harness.deps.now().toISOString());
    expect(partitions.map(({ plan }) => plan.matchRules)).toEqual(
      Array.from({ length: 3 }, () => ({ contact: plainRules })),
    );
    expectWhole(harness, await harness.finish(id), 'undisturbed');
  });

  it('makes one shard a person when another worker takes a whole turn before any call of a port', async () => {
    const calls = await callsOf(begin);
    expect(calls).toBeGreaterThan(80);
    for (let call = 1; call <= calls; call += 1) {
      const harness = await begin();
      const { id } = await harness.start();
      interruptAt(harness, call, async () => {
        const { orchestrations } = harness.deps;
        orchestrations.pick = (count) => count - 1;
        await orchestrations.step(harness.deps);
        orchestrations.pick = () => 0;
      });
      expectWhole(harness, await harness.finish(id), `call ${call}`);
    }
  });

  it.each(['before', 'after'] as const)('does so after a crash at any step (%s it took)', async (moment) => {
    const steps = await stepsOf(begin);
    for (let step = 1; step <= steps; step += 2) {
      const harness = await begin();
      const { id } = await harness.start();
      harness.deps.faults.crashAt(step, moment);
      expectWhole(harness, await harness.finish(id), `step ${step}`);
    }
  });
});

async function callsOf(begin: () => Promise<SyncHarness>): Promise<number> {
  const harness = await begin();
  const { id } = await harness.start();
  let calls = 0;
  harness.deps.faults.onOperation = () => {
    calls += 1;
  };
  await harness.finish(id);
  return calls;
}

/** Something happens before the `call`th call of a port from now on; the one who made that call goes on afterwards. */
function interruptAt({ deps }: SyncHarness, call: number, interrupt: () => Promise<void>): void {
  let calls = 0;
  deps.faults.onOperation = async () => {
    calls += 1;
    if (calls !== call) return;
    deps.faults.onOperation = undefined;
    await interrupt();
  };
}

/** Four people get the e-mails of four others: their shards are there, and are to be merged. */
const moved = 4;

async function beginMerging(): Promise<SyncHarness> {
  // The watch ends the run before the clock looks after the merge.
  const harness = await createMatchedHarness({ engine: { pagesPerSlice: 2, leaseMs: 10_000, watchMs: 5_000 } });
  await harness.run('full');
  for (let index = 0; index < moved; index += 1)
    harness.provider.put(`p0${index + 2}`, {
      name: `Moved ${index}`,
      email: `person${index === 0 ? 6 : index - 1}@x.si`,
    });
  return harness;
}

describe('a run that is cancelled after its worker died in a page that merges', () => {
  it.each(['before', 'after'] as const)('at any step (%s it took) has counted what it wrote', async (moment) => {
    const steps = await stepsOf(beginMerging);
    expect(steps).toBeGreaterThan(40);
    let cancelled = 0;
    for (let step = 1; step <= steps; step += 1) {
      const harness = await beginMerging();
      const { id } = await harness.start('full');
      harness.deps.faults.crashAt(step, moment);
      while (harness.deps.faults.restarts === 0 && !harness.deps.faults.crashed) await harness.turns(1);
      harness.deps.faults.restart();
      await refusal(createPerson(harness).ask('cancel', id));
      const run = await harness.finish(id);
      if (run.state === 'cancelled') cancelled += 1;
      expect(reconciles(run.counts), `step ${step}`).toBe(true);
      expect(faultsOf(harness), `step ${step}`).toEqual([]);
      const later = await harness.run('full');
      expect(later, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { received: records, created: 0 } });
      expect(run.counts.updated + later.counts.updated, `step ${step}`).toBe(moved);
      expect(faultsOf(harness), `step ${step}`).toEqual([]);
      expect(harness.deps.log.alerts, `step ${step}`).toEqual([]);
    }
    expect(cancelled).toBeGreaterThan(steps / 2);
  });
});

describe('a run whose object is left after its worker died', () => {
  it.each(['before', 'after'] as const)('at any step (%s it took) keeps the keys of what it wrote', async (moment) => {
    const steps = await stepsOf(() => createMatchedHarness());
    let written = 0;
    for (let step = 4; step <= steps; step += 1) {
      const harness = await createMatchedHarness();
      const { deps, provider } = harness;
      provider.onPull = () => {
        if (deps.faults.restarts > 0) throw new AdapterFailure('forbidden', 'Not allowed.');
      };
      const { id } = await harness.start('full');
      deps.faults.crashAt(step, moment);
      const run = await harness.finish(id);
      const sources = livingShards(harness).flatMap((shard) => Object.keys(shard.sources));
      expect(run.counts.created, `step ${step}`).toBe(sources.length);
      expect(faultsOf(harness), `step ${step}`).toEqual([]);
      if (run.state === 'failed') written += sources.length;
    }
    expect(written).toBeGreaterThan(steps);
  });
});

describe('a failed record that is tried again', () => {
  it('joins whom it matches, without a claim to be newer than what was seen since', async () => {
    const fields = personMapping.fields.map((field) => ({ ...field, required: field.to === 'name' }));
    const harness = await createMatchedHarness({ task: { objects: [{ ...personMapping, fields }] } });
    harness.provider.versioned = false;
    harness.provider.put('late', { email: 'person0@x.si', city: 'Then' }, longAgo);
    const run = await harness.run('full');
    expect(run).toMatchObject({ state: 'partial', counts: { received: records + 1, created: records, failed: 1 } });
    harness.deps.clock.advance(3_600_000);
    harness.provider.put('p00', { name: 'Person 0', email: 'person0@x.si', city: 'Now' });
    await harness.run('full');
    await editTask(harness, { objects: [personMapping] });
    harness.deps.clock.advance(3_600_000);
    const retried = await harness.finish((await createPerson(harness).retry(run.id, 'failed')).id);
    expect(retried).toMatchObject({ state: 'succeeded', counts: { received: 1, created: 1 } });
    const [shard] = livingShards(harness).filter(({ data }) => data['email'] === 'person0@x.si');
    const source = Object.values(shard?.sources ?? {}).find(({ externalId }) => externalId === 'late');
    const link = harness.deps.links.all().find(({ externalId }) => externalId === 'late');
    const [failed] = harness.deps.runs.failedRecords.all();
    expect([source?.observed, link?.observed]).toEqual([failed?.seen, failed?.seen]);
    expect(shard?.data).toMatchObject({ name: 'Person 0', city: 'Now' });
    expect(livingShards(harness)).toHaveLength(people);
    expect(faultsOf(harness)).toEqual([]);
  });
});
