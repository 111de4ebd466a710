import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PullPage } from '../../../../shared/core/adapter.ts';
import { advancePage, beginWork, readAnew, waitUntil } from '../../../../shared/core/advance-execution.ts';
import { addCounts, countOutcome, noCounts, reconciles } from '../../../../shared/core/counts.ts';
import { composeId } from '../../../../shared/core/ids.ts';
import { planExecution } from '../../../../shared/core/plan-execution.ts';
import {
  raiseWatermarks,
  reachedWatermark,
  sinceOf,
  sourceOf,
  watermarkKey,
} from '../../../../shared/core/watermark.ts';
import { sampleTask } from '../../../kit/sample-documents.ts';

const now = '2030-01-01T00:00:00.000Z';
const start = { executionId: 'exe_1', mode: 'incremental', trigger: 'manual', source: 'here', now } as const;
const task = sampleTask('acme');
const [mapping] = task.objects;
if (mapping === undefined) throw new Error('no mapping');
const key = watermarkKey(mapping, { source: 'here' });

const page = (change: Partial<PullPage> = {}): PullPage => ({ changes: [], rejected: [], done: true, ...change });
const seen = (modifiedAt: string) => ({ externalId: 'a', deleted: false, record: {}, modifiedAt });
const apply = (run: ReturnType<typeof planExecution>, pull: PullPage, readAt: string, counts = noCounts()) =>
  advancePage(run, { pull, counts, readAt }, now);

describe('the watermark of a run', () => {
  const run = beginWork(planExecution(task, start), 1, now);

  it('is the newest change, but never later than the first page was asked for', () => {
    const first = apply(
      run,
      page({ done: false, next: '2', changes: [seen('2029-05-01T00:00:00.000Z')] }),
      '2029-06-01T00:00:00.000Z',
    );
    const older = apply(first, page({ changes: [seen('2029-05-20T00:00:00.000Z')] }), '2029-07-01T00:00:00.000Z');
    expect(older.watermarks[key]).toBe('2029-05-20T00:00:00.000Z');
    const newer = apply(first, page({ changes: [seen('2029-06-20T00:00:00.000Z')] }), '2029-07-01T00:00:00.000Z');
    expect(newer.watermarks[key]).toBe('2029-06-01T00:00:00.000Z');
  });

  it('holds for its source and its mapping only', () => {
    const kept = { ...task, lookBackSeconds: 60, watermarks: { [key]: '2029-06-01T00:01:00.000Z' } };
    expect(planExecution(kept, start).plan.since).toEqual({ [key]: '2029-06-01T00:00:00.000Z' });
    expect(planExecution(kept, { ...start, source: 'there' }).plan.since).toEqual({});
    expect(planExecution(kept, { ...start, mode: 'full' }).plan.since).toEqual({});
    const other = { ...kept, objects: [{ ...mapping, shardTypeId: 'other' }] };
    expect(planExecution(other, start).plan.since).toEqual({});
    expect(sourceOf({ provider: 'p', settings: { a: 1, b: 2 } })).toBe(
      sourceOf({ provider: 'p', settings: { b: 2, a: 1 } }),
    );
  });

  it('starts over with the run when its source changes', () => {
    const far = apply(run, page({ done: false, next: '2' }), '2029-06-01T00:00:00.000Z');
    expect(readAnew(far, 'there', now)).toMatchObject({
      pages: 1,
      plan: { since: {}, source: 'there' },
      checkpoint: { objectIndex: 0, restarted: false },
      watermarks: {},
    });
    expect(readAnew(far, 'there', now).checkpoint.cursor).toBeUndefined();
  });

  it('never moves back', () => {
    const instant = fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((date) => date.toISOString());
    const marks = fc.dictionary(fc.constantFrom('a', 'b'), instant);
    fc.assert(
      fc.property(marks, marks, (before, reached) => {
        const after = raiseWatermarks(before, reached);
        for (const name of Object.keys({ ...before, ...reached })) {
          expect(
            [before[name], reached[name]]
              .filter((each) => each !== undefined)
              .sort()
              .at(-1),
          ).toBe(after[name]);
        }
      }),
    );
    expect(reachedWatermark({ objectIndex: 0, restarted: false })).toBeUndefined();
    expect(sinceOf({ watermarks: {}, lookBackSeconds: 0 }, 'a')).toBeUndefined();
  });
});

describe('the end of a run', () => {
  const run = beginWork(planExecution(task, start), 1, now);
  const two = { ...noCounts(), received: 2, created: 1, failed: 1 };

  it('is partial when records failed, and failed when the counts do not add up', () => {
    expect(apply(run, page(), now, { ...noCounts(), received: 1, created: 1 }).state).toBe('succeeded');
    expect(apply(run, page(), now, two).state).toBe('partial');
    expect(apply(run, page(), now, { ...two, received: 3 })).toMatchObject({ state: 'failed', finishedAt: now });
  });

  it('comes only after the last object', () => {
    const more = { ...run, plan: { ...run.plan, objects: [mapping, { ...mapping, shardTypeId: 'other' }] } };
    const halfway = apply(more, page(), now);
    expect(halfway).toMatchObject({ state: 'running', checkpoint: { objectIndex: 1 } });
    expect(apply(halfway, page(), now)).toMatchObject({ state: 'succeeded', finishedAt: now });
  });

  it('of a page forgets its failures', () => {
    const waiting = waitUntil(run, '2030-01-01T01:00:00.000Z', 'Too many requests.', now);
    expect(waiting).toMatchObject({ state: 'waiting', attempt: 1 });
    const moved = apply(beginWork(waiting, 2, now), page({ done: false, next: '2' }), now);
    expect(moved).toMatchObject({ attempt: 0, revivals: 0 });
    expect(moved.problem).toBeUndefined();
    expect(moved.waitingUntil).toBeUndefined();
  });
});

it('counts reconcile, however outcomes are counted and added', () => {
  const outcome = fc.constantFrom('created', 'updated', 'unchanged', 'conflicted', 'skipped', 'failed' as const);
  fc.assert(
    fc.property(fc.array(outcome), fc.array(outcome), (left, right) => {
      const [first, second] = [noCounts(), noCounts()];
      for (const each of left) countOutcome(first, each);
      for (const each of right) countOutcome(second, each);
      const total = addCounts(first, second);
      expect(reconciles(total)).toBe(true);
      expect(total.received).toBe(left.length + right.length);
      expect(reconciles({ ...total, received: total.received + 1 })).toBe(false);
    }),
  );
});

describe('a new id', () => {
  const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
  const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 });

  it('sorts by time, whatever its random part', () => {
    fc.assert(
      fc.property(instant, instant, bytes, bytes, (one, other, left, right) => {
        fc.pre(one < other);
        expect(composeId('shard', one, left) < composeId('shard', other, right)).toBe(true);
      }),
    );
  });

  it('is well-formed, and another for other random bits', () => {
    fc.assert(
      fc.property(instant, bytes, (at, random) => {
        expect(composeId('shard', at, random)).toMatch(/^[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
        const other = Uint8Array.from(random, (byte, index) => (index === 9 ? byte ^ 1 : byte));
        expect(composeId('shard', at, other)).not.toBe(composeId('shard', at, random));
      }),
    );
    expect(() => composeId('shard', 0, new Uint8Array(9))).toThrow(RangeError);
  });
});
