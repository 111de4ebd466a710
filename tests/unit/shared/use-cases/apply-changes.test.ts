import { describe, expect, it } from 'vitest';
import type { ExternalChange } from '../../../../shared/core/adapter.ts';
import { nobodySuppressed } from '../../../../shared/core/suppressions.ts';
import {
  type AppliedChanges,
  type ApplyChangesInput,
  abandonChanges,
  applyChanges,
} from '../../../../shared/use-cases/apply-changes.ts';
import { freezeMappings } from '../../../../shared/use-cases/freeze-mappings.ts';
import { loadConverter } from '../../../../shared/use-cases/load-converter.ts';
import { Crash } from '../../../kit/faults.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';

/** What a delivery does with its changes, and keeps where a crash does not reach. */
interface Attempted {
  apply(changes: readonly ExternalChange[]): Promise<AppliedChanges | undefined>;
  readonly announced: string[];
}

async function open(
  harness: SyncHarness,
  change: Partial<ApplyChangesInput> = {},
  announced: string[] = [],
): Promise<Attempted> {
  const { deps, scope } = harness;
  deps.clock.advance(1000);
  const seenAtMs = deps.now().getTime();
  const task = await harness.task();
  const [planned] = await freezeMappings(deps, scope, task.integrationId, task.objects);
  if (planned === undefined) throw new Error('the task has no object');
  const converter = await loadConverter(deps, scope, planned);
  return {
    announced,
    apply: (changes) =>
      applyChanges(
        deps,
        scope,
        {
          integrationId: task.integrationId,
          tools: { planned, converter, routes: [], suppressions: nobodySuppressed },
          matchRules: undefined,
          deletions: 'mirror',
          sighting: { executionId: 'delivery-1', page: 0, fence: seenAtMs },
          cause: { kind: 'delivery', id: 'delivery-1', actorId: 'webhook' },
          announced: [...announced],
          announce: async (linkIds) => {
            // One durable step, as a write of the delivery's document is.
            deps.faults.step('announce', () => announced.push(...linkIds));
            return true;
          },
          keepHold: async () => true,
          ...change,
        },
        changes,
      ),
  };
}

const person = (id: string, name: string, more: Partial<ExternalChange> = {}): ExternalChange => ({
  externalId: id,
  deleted: false,
  record: { name, city: 'Ptuj' },
  ...more,
});

async function namesOf(harness: SyncHarness): Promise<Record<string, unknown>> {
  return Object.fromEntries([...(await harness.shards())].map(([id, shard]) => [id, shard.data['name']]));
}

const outcomesOf = (applied: AppliedChanges | undefined) =>
  applied?.applied.map(({ externalId, outcome }) => `${externalId} ${outcome}`);

describe('changes outside of a run', () => {
  it('create, change and delete shards, and say what became of each', async () => {
    const harness = await createSyncHarness();
    fill(harness, 2);
    await harness.run();
    const { apply } = await open(harness);
    const applied = await apply([
      person('p0000', 'Changed'),
      person('p0001', 'Person 1', { record: { name: 'Person 1', city: 'Maribor' } }),
      person('new', 'New'),
      person('gone', 'Never here', { deleted: true }),
      { externalId: 'bad', deleted: false, record: { city: 'Ptuj' } },
    ]);
    expect(outcomesOf(applied)).toEqual(['p0000 updated', 'p0001 unchanged', 'new created', 'gone unchanged']);
    expect(applied?.failures.map(({ externalId, reason }) => `${externalId} ${reason}`)).toEqual([
      expect.stringMatching(/^bad .*name/),
    ]);
    const shards = await harness.shards();
    expect(applied?.applied[0]?.shardId).toBe(shards.get('p0000')?.id);
    expect(shards.get('p0000')?.cause).toMatchObject({ kind: 'delivery', id: 'delivery-1', actorId: 'webhook' });
    expect(await namesOf(harness)).toEqual({ p0000: 'Changed', p0001: 'Person 1', new: 'New' });
    expect(outcomesOf(await apply([person('new', 'New'), person('p0000', 'Changed')]))).toEqual([
      'new created',
      'p0000 updated',
    ]);
  });

  it('that are older than what was applied change nothing, whichever tells it', async () => {
    const harness = await createSyncHarness();
    const late = { executionId: 'delivery-2', page: 0, fence: harness.deps.now().getTime() };
    await (await open(harness)).apply([person('a', 'New', { version: 7 }), person('b', 'New')]);
    const second = await open(harness, { sighting: late });
    const applied = await second.apply([person('a', 'Old', { version: 6 }), person('b', 'Old')]);
    expect(outcomesOf(applied)).toEqual(['a skipped', 'b skipped']);
    const newer = await open(harness, { sighting: late });
    expect(outcomesOf(await newer.apply([person('a', 'Newest', { version: 8 })]))).toEqual(['a updated']);
    expect(await namesOf(harness)).toEqual({ a: 'Newest', b: 'New' });
  });

  it('remember a deletion that comes before what was sent earlier, but not against what comes later', async () => {
    const harness = await createSyncHarness();
    const sent = { executionId: 'delivery-0', page: 0, fence: harness.deps.now().getTime() };
    await (await open(harness)).apply([person('a', 'A', { deleted: true })]);
    expect(outcomesOf(await (await open(harness, { sighting: sent })).apply([person('a', 'A')]))).toEqual([
      'a skipped',
    ]);
    expect((await harness.shards()).size).toBe(0);
    const later = await open(harness, { sighting: { ...sent, executionId: 'delivery-2', fence: sent.fence + 5_000 } });
    expect(outcomesOf(await later.apply([person('a', 'Anew')]))).toEqual(['a created']);
    expect(await namesOf(harness)).toEqual({ a: 'Anew' });
  });

  it('leave deleted records alone where deletions are ignored', async () => {
    const harness = await createSyncHarness();
    const { apply } = await open(harness, { deletions: 'ignore' });
    await apply([person('a', 'Here')]);
    expect(await apply([person('a', 'Here', { deleted: true })])).toMatchObject({ applied: [], left: 1 });
    expect((await harness.shards()).get('a')?.status).toBe('active');
  });

  it('stop when someone else has taken them over', async () => {
    const harness = await createSyncHarness();
    expect(await (await open(harness, { announce: async () => false })).apply([person('a', 'A')])).toBeUndefined();
    expect(await (await open(harness, { keepHold: async () => false })).apply([person('a', 'A')])).toBeUndefined();
    expect((await harness.shards()).size).toBe(0);
  });
});

describe.each(['before', 'after'] as const)('a crash %s a step took', (moment) => {
  /** Crashes in each step of applying `first`, then applies `second` as another attempt, or gives up. */
  async function sweep(
    first: readonly ExternalChange[],
    next: (harness: SyncHarness, attempt: Attempted) => Promise<void>,
  ): Promise<number> {
    for (let step = 1; ; step += 1) {
      const harness = await createSyncHarness();
      fill(harness, 2);
      await harness.run();
      const attempt = await open(harness);
      harness.deps.faults.crashAt(step, moment);
      const crashed = await attempt.apply(first).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Crash) return true;
          throw error;
        },
      );
      harness.deps.faults.restart();
      await next(harness, attempt);
      if (!crashed) return step - 1;
    }
  }

  it('loses and doubles nothing when it is repeated', async () => {
    const changes = [person('p0000', 'Changed'), person('p0001', 'Gone', { deleted: true }), person('new', 'New')];
    const steps = await sweep(changes, async (harness, attempt) => {
      const applied = await attempt.apply(changes);
      expect(outcomesOf(applied)).toEqual(['p0000 updated', 'p0001 updated', 'new created']);
      const shards = await harness.shards();
      expect(shards.size).toBe(3);
      expect([...shards.values()].map(({ revision, status }) => `${revision} ${status}`).sort()).toEqual([
        '1 active',
        '2 active',
        '2 deleted',
      ]);
      expect((await harness.links()).every(({ state }) => state === 'settled')).toBe(true);
    });
    expect(steps).toBeGreaterThan(6);
  });

  it('is seen through when the provider has gone back to what it showed before', async () => {
    const before = person('p0000', 'Person 0', { record: { name: 'Person 0', city: 'Maribor' } });
    const steps = await sweep([person('p0000', 'Changed')], async (harness, attempt) => {
      await attempt.apply([before]);
      expect((await namesOf(harness))['p0000']).toBe('Person 0');
    });
    expect(steps).toBeGreaterThan(2);
  });

  it('is seen through by the next run when the changes are given up', async () => {
    const steps = await sweep([person('p0000', 'Changed'), person('new', 'New')], async (harness, attempt) => {
      await abandonChanges(harness.deps, harness.scope, undefined, attempt.announced);
      harness.provider.put('p0000', { name: 'Person 0', city: 'Maribor' }, longAgo);
      await harness.run('full');
      expect((await namesOf(harness))['p0000']).toBe('Person 0');
    });
    expect(steps).toBeGreaterThan(3);
  });
});
