import { describe, expect, it } from 'vitest';
import { matchRulesId } from '../../../../../shared/core/documents/match-rules.ts';
import { plainRules } from '../../../../kit/identity-world.ts';
import {
  createMatchedHarness,
  faultsOf,
  livingShards,
  people,
  records,
  setRules,
} from '../../../../kit/matched-run.ts';
import { longAgo } from '../../../../kit/sync-harness.ts';

describe('a run with match rules', () => {
  it('makes one shard a person, and counts each record as created', async () => {
    const harness = await createMatchedHarness();
    const run = await harness.run('full');
    expect(run).toMatchObject({ state: 'succeeded', counts: { received: records, created: records } });
    expect(run.plan.matchRules).toEqual({ contact: plainRules });
    expect(livingShards(harness)).toHaveLength(people);
    expect(faultsOf(harness)).toEqual([]);
    const quiet = await harness.run('full');
    expect(quiet.counts).toMatchObject({ received: records, unchanged: records });
  });

  it.each(['before', 'after'] as const)('does so after a crash at any step (%s it took)', async (moment) => {
    const measured = await createMatchedHarness();
    const { id } = await measured.start();
    const before = measured.deps.faults.steps;
    await measured.finish(id);
    const steps = measured.deps.faults.steps - before;
    expect(steps).toBeGreaterThan(60);
    for (let step = 1; step <= steps; step += 1) {
      const harness = await createMatchedHarness();
      const started = await harness.start();
      harness.deps.faults.crashAt(step, moment);
      const run = await harness.finish(started.id);
      expect(run, `step ${step}`).toMatchObject({
        state: 'succeeded',
        counts: { received: records, created: records },
      });
      expect(livingShards(harness), `step ${step}`).toHaveLength(people);
      expect(faultsOf(harness), `step ${step}`).toEqual([]);
    }
  });

  it('leaves no key of a record that vanishes while its page is repeated', async () => {
    const measured = await createMatchedHarness();
    const { id } = await measured.start();
    const before = measured.deps.faults.steps;
    await measured.finish(id);
    const steps = measured.deps.faults.steps - before;
    for (let step = 4; step <= steps; step += 1) {
      const harness = await createMatchedHarness();
      const started = await harness.start();
      harness.deps.faults.crashAt(step, 'after');
      let crashed = false;
      harness.provider.onPull = () => {
        if (crashed || harness.deps.faults.restarts === 0) return;
        crashed = true;
        harness.provider.forget('p01');
        harness.provider.forget('p08');
      };
      const run = await harness.finish(started.id);
      expect(run.state, `step ${step}`).toBe('succeeded');
      expect(faultsOf(harness), `step ${step}`).toEqual([]);
    }
  });

  it('finds again what other rules find, when a record is next seen', async () => {
    const harness = await createMatchedHarness();
    await harness.deps.matchRules.remove(harness.scope, { id: matchRulesId('contact') });
    await harness.run('full');
    expect(livingShards(harness)).toHaveLength(records);
    expect(harness.deps.keys.all()).toEqual([]);
    setRules(harness, 2);
    await harness.run('full');
    expect(livingShards(harness)).toHaveLength(people);
    expect(faultsOf(harness)).toEqual([]);
  });

  it('does not merge what the strategy leaves to people', async () => {
    const harness = await createMatchedHarness();
    setRules(harness, 2, { strategy: 'manual_review' });
    await harness.run('full');
    expect(livingShards(harness)).toHaveLength(records);
    const candidates = harness.deps.mergeCandidates.all();
    expect(candidates).toHaveLength(records - people);
    expect(candidates.every(({ state }) => state === 'open')).toBe(true);
  });

  it('leaves to people only those that differ in a field whose strategy says so', async () => {
    const harness = await createMatchedHarness();
    setRules(harness, 2, { fieldStrategies: { phone: 'manual_review' } });
    harness.provider.put('p99', { email: 'person0@x.si', phone: '+38640999999' }, longAgo);
    await harness.run('full');
    expect(livingShards(harness)).toHaveLength(people + 1);
    expect(harness.deps.mergeCandidates.all()).toMatchObject([{ state: 'open', rule: 'E-mail' }]);
  });

  it('releases keys of deleted records and claims them again', async () => {
    const harness = await createMatchedHarness();
    await harness.run('full');
    harness.provider.delete('p00');
    harness.provider.delete('p07');
    await harness.run('full');
    expect(faultsOf(harness)).toEqual([]);
    harness.provider.put('new', { email: 'person0@x.si' });
    await harness.run('full');
    const holders = livingShards(harness).filter(({ data }) => data['email'] === 'person0@x.si');
    expect(holders.map(({ status }) => status).sort()).toEqual(['active', 'deleted']);
    expect(faultsOf(harness)).toEqual([]);
  });
});
