import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueKey } from '../../../../shared/core/due.ts';
import { systemScope } from '../../../../shared/core/scope.ts';
import { createShardType } from '../../../../shared/use-cases/create-shard-type.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { startExecution } from '../../../../shared/use-cases/start-execution.ts';
import { leaveSlot, renewSlot, takeSlot } from '../../../../shared/use-cases/tenant-slots.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createMemoryDeps, type MemoryDeps } from '../../../kit/memory-ports.ts';
import { createSyncHarness, fill, inlineMappingOf, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';
import { addTask } from './second-task.ts';

const scope = systemScope('acme', 'test', traceparent);
const limit = 3;

/** Every port call waits until the scheduler lets it go on: any order of the workers' steps may come. */
function interleave(deps: MemoryDeps, scheduler: fc.Scheduler): void {
  deps.faults.onOperation = () => scheduler.schedule(Promise.resolve());
}

describe('workers at once', () => {
  type Life = { readonly renewals: number; readonly end: 'leaves' | 'dies' };
  const life: fc.Arbitrary<Life> = fc.record({
    renewals: fc.nat({ max: 2 }),
    end: fc.constantFrom('leaves', 'leaves', 'dies'),
  });

  it('never hold more places than there are, and none is lost to those that died', async () => {
    const lives = fc.array(life, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), lives, async (scheduler, workers) => {
        const deps = createMemoryDeps({ engine: { slicesPerTenant: limit } });
        interleave(deps, scheduler);
        const working = new Set<string>();
        const work = async (holder: string, { renewals, end }: Life): Promise<void> => {
          let slot = await takeSlot(deps, scope, holder);
          if (slot === undefined) return;
          working.add(holder);
          expect(working.size).toBeLessThanOrEqual(limit);
          for (let turn = 0; turn < renewals; turn += 1)
            slot = await renewSlot(deps, scope, { ...slot, expiresAtMs: 0 });
          if (end === 'dies') return;
          working.delete(holder);
          await leaveSlot(deps, scope, slot);
        };
        const all = Promise.all(workers.map((each, index) => work(`message-${index}`, each)));
        await scheduler.waitFor(all);
        deps.faults.onOperation = undefined;
        const free = limit - working.size;
        const taken = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => takeSlot(deps, scope, holder)));
        expect(taken.filter((slot) => slot !== undefined)).toHaveLength(free);
        deps.clock.advance(deps.engine.leaseMs);
        const later = await Promise.all(['e', 'f', 'g', 'h'].map((holder) => takeSlot(deps, scope, holder)));
        expect(later.filter((slot) => slot !== undefined)).toHaveLength(limit);
      }),
    );
  });
});

describe('a place', () => {
  const open = () => createMemoryDeps({ engine: { slicesPerTenant: 1 } });

  it('is its holder’s again when the message is delivered again', async () => {
    const deps = open();
    expect(await takeSlot(deps, scope, 'first')).toBeDefined();
    expect(await takeSlot(deps, scope, 'first')).toBeDefined();
    expect(await takeSlot(deps, scope, 'second')).toBeUndefined();
  });

  it('is one tenant’s only', async () => {
    const deps = open();
    await takeSlot(deps, scope, 'first');
    expect(await takeSlot(deps, { ...scope, tenantId: 'other' }, 'second')).toBeDefined();
  });

  it('is kept by who renews it, and free when nobody does', async () => {
    const deps = open();
    let slot = await takeSlot(deps, scope, 'first');
    if (slot === undefined) throw new Error('no place');
    for (let turn = 0; turn < 5; turn += 1) {
      deps.clock.advance(deps.engine.leaseMs * 0.75);
      slot = await renewSlot(deps, scope, slot);
      expect(await takeSlot(deps, scope, 'second')).toBeUndefined();
    }
    deps.clock.advance(deps.engine.leaseMs);
    expect(await takeSlot(deps, scope, 'second')).toBeDefined();
    await expect(renewSlot(deps, scope, slot)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that others wait for is not taken again at once by who leaves it', async () => {
    const deps = open();
    const slot = await takeSlot(deps, scope, 'first');
    if (slot === undefined) throw new Error('no place');
    expect(await leaveSlot(deps, scope, slot)).toBe(0);
    await takeSlot(deps, scope, 'first');
    await takeSlot(deps, scope, 'second');
    expect(await leaveSlot(deps, scope, slot)).toBeGreaterThan(0);
    deps.clock.advance(60_000);
    expect(await leaveSlot(deps, scope, slot)).toBe(0);
  });
});

/** A tenant with a backfill of many tasks, each of them started. */
async function backfill(tasks: number, engine: object = {}): Promise<{ harness: SyncHarness; ids: string[] }> {
  const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 1, ...engine } });
  fill(harness, 10);
  const first = await harness.task();
  const all = [first];
  for (let count = 1; count < tasks; count += 1) {
    const shardTypeId = `contact-${count}`;
    await createShardType(harness.deps, harness.scope, {
      params: undefined,
      query: undefined,
      body: { id: shardTypeId, name: 'Contact', schema: { type: 'object' } },
      ifMatch: undefined,
      attempt: { at: harness.deps.now(), repeated: false },
    });
    all.push(await addTask(harness, { objects: [{ ...inlineMappingOf(first), shardTypeId }] }));
  }
  const ids: string[] = [];
  for (const { id: taskId, integrationId } of all) {
    ids.push((await startExecution(harness.deps, harness.scope, { integrationId, taskId, trigger: 'manual' })).id);
  }
  return { harness, ids };
}

/** Takes every visible message and works on all of them at once, as many hosts would. */
async function workOnAll({ deps }: SyncHarness): Promise<void> {
  const messages = [];
  for (let next = deps.syncQueue.receive(); next !== undefined; next = deps.syncQueue.receive()) messages.push(next);
  await Promise.all(
    messages.map(async ({ envelope, complete }) => {
      await workOnSlice(deps, envelope);
      complete();
    }),
  );
}

describe('a backfill of more tasks than a tenant has places', () => {
  it('is worked on by no more than those, and ends whole', async () => {
    const { harness, ids } = await backfill(7);
    const { deps } = harness;
    const atOnce: number[] = [];
    deps.faults.onOperation = ({ port }) => {
      if (port === 'runs') atOnce.push(deps.tenantSlots.all()[0]?.held.length ?? 0);
    };
    for (let turn = 0; turn < 200 && deps.syncQueue.waiting > 0; turn += 1) {
      await workOnAll(harness);
      deps.clock.advanceTo(deps.syncQueue.nextVisibleAtMs ?? 0);
    }
    expect(Math.max(...atOnce)).toBe(3);
    for (const id of ids) {
      const stored = await deps.runs.executions.get(harness.scope, { id, partition: id });
      expect(stored?.document).toMatchObject({ state: 'succeeded', counts: { created: 10 }, revivals: 0 });
    }
    expect(deps.tenantSlots.all()[0]?.held).toEqual([]);
  });

  it('loses no run to a crash at any step', async () => {
    const stepsOf = async ({ harness, ids }: Awaited<ReturnType<typeof backfill>>) => {
      const before = harness.deps.faults.steps;
      for (const id of ids) await harness.finish(id);
      return harness.deps.faults.steps - before;
    };
    const options = { slicesPerTenant: 1, pagesPerSlice: 2 };
    const steps = await stepsOf(await backfill(2, options));
    for (const moment of ['before', 'after'] as const) {
      for (let step = 1; step <= steps; step += 1) {
        const { harness, ids } = await backfill(2, options);
        harness.deps.faults.crashAt(step, moment);
        for (const id of ids) {
          const run = await harness.finish(id);
          expect(run, `${moment} step ${step}`).toMatchObject({ state: 'succeeded', counts: { created: 10 } });
        }
      }
    }
  });
});

describe('a run that waits for its tenant’s turn', () => {
  it('for hours is not taken for lost, nor ended when its message is late afterwards', async () => {
    const { harness, ids } = await backfill(1, { slicesPerTenant: 1 });
    const { deps } = harness;
    const hog = async (holder: string) => {
      const slot = await takeSlot(deps, scope, holder);
      if (slot === undefined) throw new Error('the place is taken');
      return slot;
    };
    let slot = await hog('hog');
    const [id = ''] = ids;
    const taskId = (await harness.task()).id;
    for (const startMs = deps.clock.nowMs(); deps.clock.nowMs() - startMs < 3 * 3_600_000; ) {
      await workOnAll(harness);
      deps.clock.advanceTo(deps.syncQueue.nextVisibleAtMs ?? 0);
      slot = await renewSlot(deps, scope, slot);
      await runDueEntries(deps, traceparent);
      expect(deps.syncQueue.waiting).toBe(1);
    }
    // Now the queue is slow, and the watch wonders.
    for (let turn = 0; turn < 30; turn += 1) {
      deps.clock.advance(10_000);
      await runDueEntries(deps, traceparent);
    }
    const stored = await deps.runs.executions.get(harness.scope, { id, partition: id });
    expect(stored?.document).toMatchObject({ state: 'queued', revivals: 0 });
    expect(await deps.due.get(dueKey('watch', 'acme', taskId))).toBeDefined();
    await leaveSlot(deps, scope, slot);
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 10 } });
  });
});
