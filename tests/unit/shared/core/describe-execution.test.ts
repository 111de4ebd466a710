import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { execution as contract, executionState } from '../../../../shared/contracts/executions.ts';
import { advancePage, beginWork, restartObject } from '../../../../shared/core/advance-execution.ts';
import { noCounts } from '../../../../shared/core/counts.ts';
import { describeExecution } from '../../../../shared/core/describe-execution.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { isTerminal } from '../../../../shared/core/execution-states.ts';
import { watermarkKey } from '../../../../shared/core/watermark.ts';
import { sampleExecution } from '../../../kit/sample-documents.ts';

const startedAt = '2030-01-01T00:00:00.000Z';
const later = (seconds: number) => new Date(Date.parse(startedAt) + seconds * 1000);
const mapping = { object: 'companies', shardTypeId: 'company', fields: [] };
const objects = [mapping, { ...mapping, object: 'contacts' }];
const plan = { objects, pageSize: 100, deletions: 'ignore' as const, since: {}, source: 'here' };

const run = (change: Partial<ExecutionDocument> = {}) =>
  sampleExecution('acme', { plan, startedAt, state: 'running', ...change });
const received = (count: number) => ({ ...noCounts(), received: count, created: count });
const progressOf = (document: ExecutionDocument, now: Date) => describeExecution(document, now).progress;

describe('the progress of a run', () => {
  it('tells what is read, from where to where, how fast, and when it ends', () => {
    const document = run({
      plan: { ...plan, since: { [watermarkKey(objects[1] ?? mapping, plan)]: '2029-12-31T00:00:00.000Z' } },
      checkpoint: { objectIndex: 1, restarted: false, newestModifiedAt: '2029-12-31T12:00:00.000Z' },
      progress: { 0: { received: 100 }, 1: { received: 100, expected: 500 } },
      counts: received(200),
      pages: 2,
    });
    expect(progressOf(document, later(10))).toEqual({
      phase: 'reading',
      object: 'contacts',
      objectNumber: 2,
      objects: 2,
      checkpoint: { from: '2029-12-31T00:00:00.000Z', to: '2029-12-31T12:00:00.000Z', page: 2 },
      expectedRecords: 600,
      recordsPerSecond: 20,
      estimatedEndAt: later(30).toISOString(),
      problems: [],
    });
  });

  it('has no estimate while nothing tells how much there is, nothing came yet, or nobody reads', () => {
    const known = { progress: { 0: { received: 0, expected: 50 }, 1: { received: 0, expected: 50 } } };
    expect(progressOf(run({ counts: received(10) }), later(1))).toMatchObject({ recordsPerSecond: 10 });
    expect(progressOf(run({ counts: received(10) }), later(1)).estimatedEndAt).toBeUndefined();
    expect(progressOf(run({ counts: received(10) }), later(1)).expectedRecords).toBeUndefined();
    expect(progressOf(run(known), later(1))).toMatchObject({ expectedRecords: 100 });
    expect(progressOf(run(known), later(1)).estimatedEndAt).toBeUndefined();
    for (const state of ['queued', 'waiting', 'paused', 'cancelling', 'cancelled'] as const) {
      expect(progressOf(run({ ...known, state, counts: received(10) }), later(1)).estimatedEndAt).toBeUndefined();
    }
  });

  it('counts anew what is read again from its start', () => {
    const half = advancePage(
      beginWork(
        run({ progress: { 0: { received: 0, expected: 100 }, 1: { received: 0, expected: 40 } } }),
        1,
        startedAt,
      ),
      {
        pull: { changes: [], rejected: [], done: false, next: '2' },
        counts: received(60),
        readAt: startedAt,
      },
      startedAt,
    );
    expect(progressOf(half, later(1)).expectedRecords).toBe(140);
    const again = restartObject(half, 'Expired.', startedAt);
    expect(progressOf(again, later(6))).toMatchObject({ expectedRecords: 200, recordsPerSecond: 10 });
    expect(progressOf(again, later(6)).estimatedEndAt).toBe(later(6 + 14).toISOString());
  });

  it('keeps the rate of an ended run, and names what was left', () => {
    const ended = run({
      state: 'partial',
      finishedAt: later(4).toISOString(),
      checkpoint: { objectIndex: 2, restarted: false },
      counts: received(100),
      progress: { 0: { received: 100 }, 1: { received: 0, problem: 'Not allowed.' } },
    });
    expect(progressOf(ended, later(1000))).toMatchObject({
      phase: 'ended',
      recordsPerSecond: 25,
      problems: [{ object: 'contacts', problem: 'Not allowed.' }],
    });
    expect(progressOf(ended, later(1000)).object).toBeUndefined();
  });
});

it('whatever is stored, the answer is one of the contract', () => {
  const count = fc.oneof(fc.nat(1000), fc.constant(Number.MAX_SAFE_INTEGER));
  const instant = fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
    .map((date) => date.toISOString());
  const object = fc.record({ received: fc.nat(1000), expected: count }, { requiredKeys: ['received'] });
  const document = fc
    .record(
      {
        state: fc.constantFrom(...executionState.options),
        counts: fc.nat(1000).map(received),
        progress: fc.dictionary(fc.constantFrom('0', '1'), object),
        objectIndex: fc.integer({ min: 0, max: 2 }),
        startedAt: instant,
        waitingUntil: instant,
        finishedAt: instant,
      },
      { requiredKeys: ['state', 'counts', 'progress', 'objectIndex'] },
    )
    .map(({ objectIndex, ...change }) => run({ ...change, checkpoint: { objectIndex, restarted: false } }));
  fc.assert(
    fc.property(document, instant, (stored, now) => {
      const shown = contract.parse(describeExecution(stored, new Date(now)));
      expect(shown.progress.phase === 'ended').toBe(isTerminal(stored));
      expect(shown.waitingUntil !== undefined).toBe(stored.state === 'waiting' && stored.waitingUntil !== undefined);
      const { estimatedEndAt, recordsPerSecond } = shown.progress;
      if (estimatedEndAt !== undefined) expect(estimatedEndAt >= now).toBe(true);
      if (recordsPerSecond !== undefined) expect(recordsPerSecond).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 500 },
  );
});
