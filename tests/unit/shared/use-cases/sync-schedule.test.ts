import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { dueKey } from '../../../../shared/core/due.ts';
import { nextRun, type Schedule } from '../../../../shared/core/schedule.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createPerson } from '../../../kit/person.ts';
import { createSyncHarness, fill, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';
import { editTask } from './second-task.ts';

const hourMs = 3_600_000;
const hourly: Schedule = { kind: 'interval', everySeconds: 3600 };

/** A task that is due now. */
async function scheduled(schedule: Schedule = hourly): Promise<SyncHarness> {
  const harness = await createSyncHarness({ task: { schedule } });
  const task = await harness.task();
  await harness.deps.due.put({
    ...dueKey('schedule', 'acme', task.id),
    schemaVersion: 1,
    kind: 'schedule',
    tenantId: 'acme',
    integrationId: task.integrationId,
    taskId: task.id,
    dueAt: harness.deps.now().toISOString(),
  });
  return harness;
}

async function dueAt(harness: SyncHarness): Promise<string | undefined> {
  return (await harness.deps.due.get(dueKey('schedule', 'acme', (await harness.task()).id)))?.document.dueAt;
}

const runsOf = (harness: SyncHarness): ExecutionDocument[] => harness.deps.runs.executions.all();

/** All messages that are there, as a host would work on them. */
async function work(harness: SyncHarness): Promise<void> {
  for (;;) {
    const message = harness.deps.syncQueue.receive();
    if (message === undefined) return;
    await workOnSlice(harness.deps, message.envelope);
    message.complete();
  }
}

/** The clock goes on by so much, and ticks as often. */
async function live(harness: SyncHarness, forMs: number, everyMs: number): Promise<void> {
  for (let at = 0; at < forMs; at += everyMs) {
    harness.deps.clock.advance(everyMs);
    await runDueEntries(harness.deps, traceparent);
    await work(harness);
  }
}

const leftOut = (harness: SyncHarness) =>
  harness.deps.log.entries.filter(({ message }) => message === 'a scheduled run was left out');

describe('a clock that was down', () => {
  const schedules: readonly (readonly [string, Schedule])[] = [
    ['every minute by interval', { kind: 'interval', everySeconds: 60 }],
    ['every minute by cron', { kind: 'cron', expression: '* * * * *', timeZone: 'Europe/Ljubljana' }],
    ['every hour by interval', hourly],
    ['every day by cron', { kind: 'cron', expression: '30 2 * * *', timeZone: 'America/New_York' }],
  ];

  it.each(schedules)('for a day runs a task that is due %s once, and then in its turn', async (_name, schedule) => {
    const harness = await scheduled(schedule);
    fill(harness, 3);
    harness.deps.clock.advance(25 * hourMs);
    const backAt = harness.deps.now();
    for (let tick = 0; tick < 5; tick += 1) await runDueEntries(harness.deps, traceparent);
    await work(harness);
    expect(runsOf(harness)).toMatchObject([{ trigger: 'schedule', state: 'succeeded' }]);
    expect(await dueAt(harness)).toBe(nextRun(schedule, backAt)?.toISOString());
    harness.deps.clock.advanceTo((await dueAt(harness)) ?? '');
    await runDueEntries(harness.deps, traceparent);
    await work(harness);
    expect(runsOf(harness)).toHaveLength(2);
    expect(leftOut(harness)).toEqual([]);
  });

  it('for any time runs once, with any number of ticks at once', async () => {
    const everySeconds = fc.integer({ min: 60, max: 86_400 });
    const downMs = fc.integer({ min: 0, max: 40 * 24 * hourMs });
    await fc.assert(
      fc.asyncProperty(everySeconds, downMs, fc.integer({ min: 1, max: 4 }), async (every, down, ticks) => {
        const harness = await scheduled({ kind: 'interval', everySeconds: every });
        harness.deps.clock.advance(down);
        await Promise.all(Array.from({ length: ticks }, () => runDueEntries(harness.deps, traceparent)));
        await work(harness);
        expect(runsOf(harness)).toHaveLength(1);
        expect(Date.parse((await dueAt(harness)) ?? '')).toBeGreaterThan(harness.deps.clock.nowMs());
      }),
      { numRuns: 30 },
    );
  });
});

describe('a run that takes longer than its interval', () => {
  it('leaves the next one out, says so, and the one after that comes', async () => {
    const harness = await scheduled({ kind: 'interval', everySeconds: 600 });
    fill(harness, 3);
    harness.provider.failures.push(new AdapterFailure('rate-limited', 'Busy.', { retryAfterMs: 900_000 }));
    await runDueEntries(harness.deps, traceparent);
    await work(harness);
    expect(runsOf(harness)).toMatchObject([{ state: 'waiting' }]);
    await live(harness, 601_000, 10_000);
    expect(leftOut(harness)).toMatchObject([{ level: 'warn', fields: { reason: 'already-running' } }]);
    expect(runsOf(harness)).toHaveLength(1);
    await live(harness, 600_000, 10_000);
    expect(runsOf(harness).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(leftOut(harness)).toHaveLength(1);
  });

  it('never has company, whatever the interval and however long runs take', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 60, max: 3600 }), waits, async (everySeconds, seconds) => {
        const harness = await scheduled({ kind: 'interval', everySeconds });
        for (const each of seconds) {
          const retryAfterMs = each * 1000;
          harness.provider.failures.push(new AdapterFailure('rate-limited', 'Busy.', { retryAfterMs }));
        }
        for (let turn = 0; turn < 40; turn += 1) {
          await live(harness, 300_000, 60_000);
          expect(runsOf(harness).filter(({ finishedAt }) => finishedAt === undefined).length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('also not while a person has paused it', async () => {
    const harness = await scheduled();
    fill(harness, 3);
    await runDueEntries(harness.deps, traceparent);
    const [run] = runsOf(harness);
    if (run === undefined) throw new Error('no run');
    await createPerson(harness).ask('pause', run.id);
    await live(harness, 5 * hourMs, hourMs / 6);
    expect(runsOf(harness)).toMatchObject([{ state: 'paused' }]);
    expect(leftOut(harness).length).toBeGreaterThanOrEqual(4);
    await createPerson(harness).ask('resume', run.id);
    await live(harness, 2 * hourMs, hourMs / 6);
    expect(runsOf(harness).map(({ state }) => state)).toContain('succeeded');
    expect(runsOf(harness).length).toBeGreaterThan(1);
  });
});

it.each(['2030-03-29T00:00:00.000Z', '2030-10-25T00:00:00.000Z'])(
  'a task that is due every day by its wall clock runs once a day through the clock change after %s',
  async (start) => {
    const harness = await scheduled({ kind: 'cron', expression: '30 2 * * *', timeZone: 'Europe/Ljubljana' });
    harness.deps.clock.advanceTo(start);
    await live(harness, 15 * 60_000, 15 * 60_000);
    const before = runsOf(harness).length;
    await live(harness, 5 * 24 * hourMs, 15 * 60_000);
    expect(runsOf(harness).length - before).toBe(5);
  },
);

describe('a schedule', () => {
  it('that is enabled again while the clock looks keeps its entry', async () => {
    const harness = await scheduled();
    await editTask(harness, { enabled: false });
    const { deps } = harness;
    const key = dueKey('schedule', 'acme', (await harness.task()).id);
    deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'due' || verb !== 'remove') return;
      deps.faults.onOperation = undefined;
      await editTask(harness, { enabled: true });
      const entry = await deps.due.get(key);
      if (entry === undefined) throw new Error('no entry');
      await deps.due.put({ ...entry.document, dueAt: '2030-01-02T00:00:00.000Z' });
    };
    await runDueEntries(deps, traceparent);
    expect((await deps.due.get(key))?.document.dueAt).toBe('2030-01-02T00:00:00.000Z');
  });

  it('that is changed while the clock looks keeps its own next run', async () => {
    const harness = await scheduled();
    const { deps } = harness;
    deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'due' || verb !== 'reschedule') return;
      deps.faults.onOperation = ({ port: later, verb: what }) => {
        if (later !== 'tasks' || what !== 'get') return;
        deps.faults.onOperation = undefined;
        return editTask(harness, {
          schedule: { kind: 'interval', everySeconds: 60 },
          nextRunAt: '2030-01-01T00:01:00.000Z',
        }).then(() => undefined);
      };
    };
    await runDueEntries(deps, traceparent);
    expect((await harness.task()).nextRunAt).toBe('2030-01-01T00:01:00.000Z');
  });
});
