import { describe, expect, it } from 'vitest';
import {
  carried,
  createDeliveryHarness,
  type DeliveryHarness,
  hinted,
  named,
} from '../../../../kit/delivery-harness.ts';
import { fill, longAgo } from '../../../../kit/sync-harness.ts';

/** Three deliveries that share records with each other and with the provider's own, one of them late. */
async function arrive(harness: DeliveryHarness): Promise<void> {
  harness.provider.put('p0000', { name: 'From the provider', city: 'Maribor' });
  await harness.receive([carried('a', 'Second', { version: 2 }), named('p0000')]);
  await harness.receive([carried('a', 'First', { version: 1 }), carried('b', 'Bor')]);
  await harness.receive([carried('b', 'Gone', { deleted: true }), hinted]);
}

async function createHarness(): Promise<DeliveryHarness> {
  const harness = await createDeliveryHarness();
  fill(harness, 1);
  await harness.run();
  return harness;
}

describe.each(['before', 'after'] as const)('a crash %s any step took', (moment) => {
  it('loses and doubles nothing', async () => {
    const undisturbed = await createHarness();
    await arrive(undisturbed);
    const from = undisturbed.deps.faults.steps;
    await undisturbed.settle();
    const steps = undisturbed.deps.faults.steps - from;
    const expected = await describeState(undisturbed);
    expect(expected.states).toEqual(['processed', 'processed', 'processed']);
    expect(steps).toBeGreaterThan(40);
    for (let step = 1; step <= steps; step += 1) {
      const harness = await createHarness();
      await arrive(harness);
      harness.deps.faults.crashAt(step, moment);
      await harness.settle();
      expect(harness.deps.faults.restarts, `step ${step}`).toBe(1);
      expect(await describeState(harness), `step ${step}`).toEqual(expected);
      expect(harness.deps.due.all(), `step ${step}`).toEqual([]);
      // A full read that did not show it would delete it.
      harness.provider.put('a', { name: 'Second', city: 'Ptuj' }, longAgo);
      await harness.run('full');
      expect((await describeState(harness)).shards, `step ${step}`).toEqual(expected.shards);
    }
  });
});

async function describeState(harness: DeliveryHarness) {
  // Not the revisions, nor what is deleted: a delivery that was late by the crash may have been overtaken, and its record never been here.
  const shards = [...(await harness.shards())].flatMap(([id, { data, status }]) =>
    status === 'active' ? [[id, data['name']]] : [],
  );
  return {
    states: (await harness.deliveries()).map(({ state }) => state),
    shards: shards.sort(),
  };
}
