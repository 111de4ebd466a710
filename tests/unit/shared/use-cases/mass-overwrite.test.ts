import { describe, expect, it } from 'vitest';
import type { HoldDocument } from '../../../../shared/core/documents/hold.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { getHold } from '../../../../shared/use-cases/holds/get-hold.ts';
import { createPerson, refusal } from '../../../kit/person.ts';
import {
  createSyncHarness,
  fill,
  type HarnessOptions,
  inlineMappingOf,
  longAgo,
  type SyncHarness,
} from '../../../kit/sync-harness.ts';
import { bulkHarness } from './bulk-harness.ts';

const people = 40;
const holds = { deletedRecords: 1000, deletedShare: 0.2, overwrittenRecords: 10, overwrittenShare: 0.3 };

async function begin(options: HarnessOptions = {}): Promise<SyncHarness> {
  const harness = await createSyncHarness({ pageSize: 8, ...options, task: { holds, ...options.task } });
  fill(harness, people);
  await harness.run();
  harness.deps.clock.advance(1000);
  return harness;
}

/** The mapping now reads the city from a field that is not there. */
async function mistake(harness: SyncHarness): Promise<void> {
  const task = await harness.task();
  const mapping = inlineMappingOf(task);
  const fields = mapping.fields.map((field) => (field.to === 'address.city' ? { ...field, from: 'town' } : field));
  await edit(harness, { objects: [{ ...mapping, fields } as TaskDocument['objects'][number]] });
}

async function edit(harness: SyncHarness, change: Partial<TaskDocument>): Promise<void> {
  const stored = await harness.deps.tasks.get(harness.scope, { id: (await harness.task()).id });
  if (stored === undefined) throw new Error('the task is gone');
  const document = { ...stored.document, ...change };
  await harness.deps.tasks.write(harness.scope, { kind: 'replace', document, etag: stored.etag });
}

async function blanked(harness: SyncHarness): Promise<number> {
  const cities = [...(await harness.shards()).values()].map(({ data }) => (data['address'] as { city?: string })?.city);
  return cities.filter((city) => city === undefined).length;
}

async function gone(harness: SyncHarness): Promise<number> {
  return [...(await harness.shards()).values()].filter(({ status }) => status === 'deleted').length;
}

function onlyHold(harness: SyncHarness): HoldDocument {
  const [hold, ...others] = harness.deps.holds.all();
  if (hold === undefined || others.length > 0) throw new Error(`${harness.deps.holds.all().length} holds`);
  return hold;
}

describe('a run that is about to blank a field in a large share of records', () => {
  it('is paused before most of the harm is done, and says what it would do', async () => {
    const harness = await begin();
    await mistake(harness);
    const { id } = await harness.start();
    const run = await harness.quieten(id);
    const hold = onlyHold(harness);
    expect(run).toMatchObject({ state: 'paused', holdId: hold.id });
    // Below the least number there is nothing to be asked about: that is one page of eight.
    expect(await blanked(harness)).toBe(8);
    expect(hold).toMatchObject({
      state: 'open',
      executionId: id,
      action: { kind: 'overwrite-field', field: 'address.city', records: 16, of: 16 },
      reason: '16 of 16 records lose their value of "address.city", more than 30 %.',
    });
    expect(hold.action).not.toHaveProperty('to');
    const input = { query: undefined, body: undefined, ifMatch: undefined };
    const attempt = { at: harness.deps.now(), repeated: false };
    const { body } = await getHold(harness.deps, harness.scope, { params: { holdId: hold.id }, attempt, ...input });
    expect(body.effect).toMatch(/"address.city" loses its value in 16 shards of type contact/);
    expect(body.sample).toHaveLength(8);
    expect(body.sample?.[0]).toMatchObject({ from: 'Maribor', externalId: 'p0008' });
    expect(await refusal(createPerson(harness).ask('resume', id))).toBe('wrong-state');
  });

  it('goes on to its end when that is approved, and does the same in a bulk run', async () => {
    const plain = await begin();
    const bulk = await bulkHarness({
      pageSize: 4,
      task: { holds: { ...holds, overwrittenRecords: 5 }, bulk: 'always' },
    });
    await bulk.run();
    bulk.deps.clock.advance(1000);
    for (const harness of [plain, bulk]) {
      await mistake(harness);
      const { id } = await harness.start();
      const paused = await harness.quieten(id);
      expect(paused).toMatchObject({ state: 'paused', holdId: onlyHold(harness).id });
      await createPerson(harness).decide('approve', onlyHold(harness).id);
      const run = await harness.finish(id);
      const all = (await harness.shards()).size;
      expect(run).toMatchObject({ state: 'succeeded', counts: { received: all, updated: all } });
      expect(await blanked(harness)).toBe(all);
      expect(onlyHold(harness).state).toBe('done');
      expect(harness.deps.holds.all()).toHaveLength(1);
    }
  });

  it('has nothing to go on with when that is approved after it was rejected, which the hold says', async () => {
    const harness = await begin();
    await mistake(harness);
    const { id } = await harness.start();
    await harness.quieten(id);
    const { id: holdId } = onlyHold(harness);
    await createPerson(harness).decide('reject', holdId);
    expect((await harness.finish(id)).state).toBe('cancelled');
    await createPerson(harness).decide('approve', holdId);
    await harness.settle();
    expect(onlyHold(harness)).toMatchObject({ state: 'superseded', problem: /has ended/ });
    expect(harness.deps.holdRejections.all()).toEqual([]);
  });

  it('ends as cancelled when that is rejected, and so does the next one that would do just the same', async () => {
    const harness = await begin();
    await mistake(harness);
    const { id } = await harness.start();
    await harness.quieten(id);
    await createPerson(harness).decide('reject', onlyHold(harness).id);
    expect((await harness.finish(id)).state).toBe('cancelled');
    expect(await blanked(harness)).toBe(8);
    const next = await harness.run('full');
    expect(next.state).toBe('cancelled');
    expect(harness.deps.holds.all()).toHaveLength(1);
    expect(await blanked(harness)).toBe(8);
    // The mapping is mended: the run puts right what was blanked.
    const mapping = inlineMappingOf(await harness.task());
    const fields = mapping.fields.map((field) => (field.to === 'address.city' ? { ...field, from: 'city' } : field));
    await edit(harness, { objects: [{ ...mapping, fields } as TaskDocument['objects'][number]] });
    expect((await harness.run('full')).state).toBe('succeeded');
    expect(await blanked(harness)).toBe(0);
  });

  it('ends in a bulk run, too, when that is rejected', async () => {
    const task = { holds: { ...holds, overwrittenRecords: 5 }, bulk: 'always' as const };
    const harness = await bulkHarness({ pageSize: 4, task });
    await harness.run();
    harness.deps.clock.advance(1000);
    await mistake(harness);
    const { id } = await harness.start();
    await harness.quieten(id);
    await createPerson(harness).decide('reject', onlyHold(harness).id);
    expect((await harness.finish(id)).state).toBe('cancelled');
    const again = await harness.run('full');
    expect(again.state).toBe('cancelled');
  });

  it('takes its hold with it when it is cancelled', async () => {
    const harness = await begin();
    await mistake(harness);
    const { id } = await harness.start();
    await harness.quieten(id);
    await createPerson(harness).ask('cancel', id);
    await harness.finish(id);
    expect(onlyHold(harness)).toMatchObject({ state: 'superseded' });
  });
});

describe('a run that gives many records the same value', () => {
  it('is held, where they had others', async () => {
    const harness = await begin();
    for (let index = 0; index < people; index += 1)
      harness.provider.put(`p${String(index).padStart(4, '0')}`, { name: `Person ${index}`, city: 'Nowhere' });
    const { id } = await harness.start();
    await harness.quieten(id);
    expect(onlyHold(harness)).toMatchObject({ action: { field: 'address.city', to: 'Nowhere', records: 16 } });
  });

  it('is not held for a part of the object, where it has many more records', async () => {
    const harness = await begin();
    for (let index = 0; index < 11; index += 1)
      harness.provider.put(`p${String(index).padStart(4, '0')}`, { name: `Person ${index}`, city: 'Nowhere' });
    expect((await harness.run('incremental')).state).toBe('succeeded');
    expect(harness.deps.holds.all()).toEqual([]);
  });

  it('is not held where they had none, or get different ones, or are read for the first time', async () => {
    const harness = await createSyncHarness({ pageSize: 8, task: { holds, mode: 'full' } });
    for (let index = 0; index < people; index += 1)
      harness.provider.put(`q${index}`, { name: `Person ${index}` }, longAgo);
    await harness.run();
    for (let index = 0; index < people; index += 1)
      harness.provider.put(`q${index}`, { name: `Now ${index}`, city: 'Ptuj' });
    expect((await harness.run()).state).toBe('succeeded');
    expect(harness.deps.holds.all()).toEqual([]);
  });
});

describe('a run that is told of many deletions by the provider', () => {
  it('is held before it deletes a large share', async () => {
    const harness = await begin({ task: { holds: { ...holds, deletedShare: 0.2 } } });
    for (let index = 0; index < 20; index += 1) harness.provider.delete(`p${String(index).padStart(4, '0')}`);
    const { id } = await harness.start('incremental');
    await harness.quieten(id);
    const { action } = onlyHold(harness);
    expect(action).toMatchObject({ kind: 'delete-marked', of: people });
    expect(action.records).toBeGreaterThan(people * 0.2);
    expect(await gone(harness)).toBeLessThanOrEqual(people * 0.2);
    await createPerson(harness).decide('approve', onlyHold(harness).id);
    expect((await harness.finish(id)).state).toBe('succeeded');
    expect(await gone(harness)).toBe(20);
  });

  it('deletes nothing more, however often it runs, when that was rejected', async () => {
    const harness = await begin({ task: { holds: { ...holds, deletedShare: 0.2 } } });
    for (let index = 0; index < 20; index += 1) harness.provider.delete(`p${String(index).padStart(4, '0')}`);
    const { id } = await harness.start('incremental');
    await harness.quieten(id);
    const before = await gone(harness);
    await createPerson(harness).decide('reject', onlyHold(harness).id);
    await harness.finish(id);
    for (let run = 0; run < 3; run += 1) expect((await harness.run('incremental')).state).toBe('cancelled');
    expect(await gone(harness)).toBe(before);
  });
});

/** The hold's state, and how many rejections are remembered. */
const decided = { approve: ['done', 0], reject: ['rejected', 1] } as const;

describe('a crash', () => {
  it.each(['before', 'after'] as const)(
    'at any step (%s it took) of holding a run and going on with it loses nothing',
    async (moment) => {
      for (const verb of ['approve', 'reject'] as const) {
        const total = await play(verb, undefined);
        // Every other step each, since each is a whole run: the other half is crashed at the other moment.
        for (let step = moment === 'before' ? 1 : 2; step <= total; step += 2) await play(verb, step);
      }

      async function play(verb: 'approve' | 'reject', step: number | undefined): Promise<number> {
        const harness = await begin({ pageSize: 16 });
        await mistake(harness);
        const { faults } = harness.deps;
        const before = faults.steps;
        const { id } = await harness.start();
        if (step !== undefined && step > faults.steps - before) faults.crashAt(step - (faults.steps - before), moment);
        await harness.quieten(id);
        await createPerson(harness)
          .decide(verb, onlyHold(harness).id)
          .catch(() => undefined);
        if (faults.crashed) {
          faults.restart();
          await createPerson(harness, { repeated: true }).decide(verb, onlyHold(harness).id);
        }
        const run = await harness.finish(id);
        const where = `${verb} step ${step}`;
        expect(run.state, where).toBe(verb === 'approve' ? 'succeeded' : 'cancelled');
        if (verb === 'approve') expect(run.counts, where).toMatchObject({ received: people, updated: people });
        expect(await blanked(harness), where).toBe(verb === 'approve' ? people : 0);
        expect(
          harness.deps.events.all().filter(({ type }) => type === 'hold.raised'),
          where,
        ).toHaveLength(1);
        expect([onlyHold(harness).state, harness.deps.holdRejections.all().length], where).toEqual(decided[verb]);
        return faults.steps - before;
      }
    },
    60_000,
  );
});
