import { describe, expect, it } from 'vitest';
import { getHold } from '../../../../shared/use-cases/holds/get-hold.ts';
import { begin, deleted, feedOf, idOf, onlyHold, people } from '../../../kit/held-deletions.ts';
import { createPerson, refusal } from '../../../kit/person.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';

describe('deletions above a threshold', () => {
  it.each([
    ['a large share', 16, {}, /16 of 40 records are no longer there, more than 20 %/],
    [
      'many',
      7,
      { holds: { deletedRecords: 6, deletedShare: 1, overwrittenRecords: 50, overwrittenShare: 1 } },
      /more than 6/,
    ],
    ['all', people, {}, /no record at all/],
    ['nothing but others', people, {}, /None of the 40/],
  ] as const)('are held: %s', async (what, forgotten, task, reason) => {
    const harness = await begin(forgotten, task);
    if (what === 'nothing but others') harness.provider.put('new', { name: 'New', city: 'Ptuj' });
    const run = await harness.run();
    expect(run.state).toBe('succeeded');
    expect(feedOf(run)).toMatchObject({ outcome: 'held', missing: forgotten, deleted: 0 });
    expect(await deleted(harness)).toEqual([]);
    const hold = onlyHold(harness);
    expect(hold).toMatchObject({ state: 'open', action: { kind: 'delete-missing', records: forgotten, of: people } });
    expect(hold.reason).toMatch(reason);
    expect(harness.deps.events.all()).toContainEqual(
      expect.objectContaining({ type: 'hold.raised', subject: hold.id }),
    );
    const shown = await getHold(harness.deps, harness.scope, {
      params: { holdId: hold.id },
      query: undefined,
      body: undefined,
      ifMatch: undefined,
      attempt: { at: harness.deps.now(), repeated: false },
    });
    expect(shown.body.effect).toMatch(/marked deleted/);
    expect(shown.body.sample).toHaveLength(Math.min(10, forgotten));
    expect(shown.body.sample?.[0]?.data).toMatchObject({ address: { city: 'Maribor' } });
  });

  it('are carried out when they are approved, but for records that have been seen since', async () => {
    const harness = await begin(16);
    await harness.run();
    harness.provider.put(idOf(3), { name: ' Person 3 ', city: 'Maribor' }, longAgo);
    harness.provider.put(idOf(5), { name: 'Renamed', city: 'Maribor' });
    const incremental = await harness.run('incremental');
    expect(incremental.state).toBe('succeeded');
    await createPerson(harness).decide('approve', onlyHold(harness).id);
    await harness.settle();
    expect(onlyHold(harness)).toMatchObject({ state: 'done', decidedBy: 'ana', action: { done: 1 } });
    const left = [3, 5].map(idOf);
    const gone = Array.from({ length: 16 }, (_, index) => idOf(index)).filter((id) => !left.includes(id));
    // The unchanged one came with no newer version, and was read by a full run only.
    expect((await deleted(harness)).filter((id) => id !== idOf(3))).toEqual(gone);
    expect(await deleted(harness)).not.toContain(idOf(5));
  });

  it('are not carried out for a record that a full run saw again unchanged', async () => {
    const harness = await begin(16);
    await harness.run();
    const first = onlyHold(harness);
    harness.provider.put(idOf(3), { name: ' Person 3 ', city: 'Maribor' }, longAgo);
    harness.provider.onPull = async ({ cursor }) => {
      if (cursor !== '8') return;
      harness.provider.onPull = undefined;
      await createPerson(harness).decide('approve', first.id);
    };
    await harness.run();
    await harness.settle();
    expect(await deleted(harness)).not.toContain(idOf(3));
    expect(await deleted(harness)).toHaveLength(15);
    expect(harness.deps.holds.all().map(({ state }) => state)).toEqual(['done']);
  });

  it('that were rejected are not asked for again, until they are others', async () => {
    const harness = await begin(16);
    await harness.run();
    await createPerson(harness).decide('reject', onlyHold(harness).id);
    const again = await harness.run();
    expect(feedOf(again)).toMatchObject({ outcome: 'rejected', holdId: onlyHold(harness).id });
    harness.provider.forget(idOf(20));
    const other = await harness.run();
    expect(feedOf(other)).toMatchObject({ outcome: 'held', missing: 17 });
    expect(
      harness.deps.holds
        .all()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['open', 'rejected']);
    expect(await deleted(harness)).toEqual([]);
  });

  it('that were rejected can be approved after all', async () => {
    const harness = await begin(16);
    await harness.run();
    const person = createPerson(harness);
    await person.decide('reject', onlyHold(harness).id);
    await person.decide('approve', onlyHold(harness).id);
    await harness.settle();
    expect(await deleted(harness)).toHaveLength(16);
    expect(harness.deps.holdRejections.all()).toEqual([]);
  });

  it('are held once, however many runs find the same', async () => {
    const harness = await begin(16);
    await harness.run();
    const hold = onlyHold(harness);
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ outcome: 'held', holdId: hold.id });
    expect(onlyHold(harness)).toEqual(hold);
  });

  it('are superseded when a later complete run sees otherwise', async () => {
    const harness = await begin(16);
    await harness.run();
    fill(harness, people);
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ outcome: 'nothing', missing: 0 });
    expect(onlyHold(harness)).toMatchObject({ state: 'superseded' });
    expect(await refusal(createPerson(harness).decide('approve', onlyHold(harness).id))).toBe('wrong-state');
    await harness.settle();
    expect(await deleted(harness)).toEqual([]);
  });

  it('are not decided for a task that is gone', async () => {
    const harness = await begin(16);
    await harness.run();
    await harness.deps.tasks.remove(harness.scope, { id: (await harness.task()).id });
    expect(await refusal(createPerson(harness).decide('approve', onlyHold(harness).id))).toBe('wrong-state');
  });

  it('can be stopped while they are carried out', async () => {
    const holds = { deletedRecords: 6, deletedShare: 1, overwrittenRecords: 50, overwrittenShare: 1 };
    const harness = await createSyncHarness({ pageSize: 500, task: { mode: 'full', holds } });
    fill(harness, 2300);
    await harness.run();
    for (let index = 0; index < 2200; index += 1) harness.provider.forget(idOf(index));
    harness.deps.clock.advance(1000);
    await harness.run();
    const { id } = onlyHold(harness);
    const person = createPerson(harness);
    expect(await refusal(person.decide('cancel', id))).toBe('wrong-state');
    await person.decide('approve', id);
    let batches = 0;
    harness.deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'holds' || verb !== 'replace') return;
      batches += 1;
      if (batches !== 2) return;
      harness.deps.faults.onOperation = undefined;
      await person.decide('cancel', id);
    };
    await harness.settle();
    expect(onlyHold(harness)).toMatchObject({ state: 'cancelled', action: { done: 1, batches: 3 } });
    const count = (await deleted(harness)).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(2200);
    expect(await refusal(person.decide('approve', id))).toBe('wrong-state');
  });

  it.each(['before', 'after'] as const)(
    'are held and carried out the same, whatever step crashes (%s it took)',
    async (moment) => {
      const held = await begin(16);
      const { id: first } = await held.start();
      const steps = await countSteps(held, async () => void (await held.finish(first)));
      for (let step = 1; step <= steps; step += 1) {
        const harness = await begin(16);
        const { id } = await harness.start();
        harness.deps.faults.crashAt(step, moment);
        const run = await harness.finish(id);
        expect(run.state, `step ${step}`).toBe('succeeded');
        expect(feedOf(run), `step ${step}`).toMatchObject({
          outcome: 'held',
          missing: 16,
          holdId: onlyHold(harness).id,
        });
        expect(
          harness.deps.events.all().filter(({ type }) => type === 'hold.raised'),
          `step ${step}`,
        ).toHaveLength(1);
      }
      const deletions = await countSteps(held, async () => {
        await createPerson(held).decide('approve', onlyHold(held).id);
        await held.settle();
      });
      for (let step = 1; step <= deletions; step += 1) {
        const harness = await begin(16);
        await harness.run();
        harness.deps.faults.crashAt(step, moment);
        const { id } = harness.deps.holds.all()[0] ?? { id: '' };
        await createPerson(harness)
          .decide('approve', id)
          .catch(() => undefined);
        if (harness.deps.faults.crashed) {
          harness.deps.faults.restart();
          // The person asks again, with the same Idempotency-Key.
          await createPerson(harness, { repeated: true }).decide('approve', id);
        }
        await harness.settle();
        expect(onlyHold(harness), `step ${step}`).toMatchObject({ state: 'done', action: { deleted: 16 } });
        expect(await deleted(harness), `step ${step}`).toHaveLength(16);
        expect(
          (await harness.links()).every(({ state }) => state === 'settled'),
          `step ${step}`,
        ).toBe(true);
      }
    },
    60_000,
  );

  async function countSteps(harness: SyncHarness, work: () => Promise<void>): Promise<number> {
    const before = harness.deps.faults.steps;
    await work();
    return harness.deps.faults.steps - before;
  }
});
