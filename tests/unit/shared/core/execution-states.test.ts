import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionState } from '../../../../shared/contracts/executions.ts';
import {
  advancePage,
  beginWork,
  endCancelled,
  fail,
  leaveObject,
  pause,
  readAnew,
  requestCancel,
  requeue,
  restartObject,
  waitUntil,
} from '../../../../shared/core/advance-execution.ts';
import { noCounts, reconciles } from '../../../../shared/core/counts.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import {
  canFollow,
  type ExecutionState,
  isTerminal,
  mayWork,
  unfinishedStates,
} from '../../../../shared/core/execution-states.ts';
import { sampleExecution } from '../../../kit/sample-documents.ts';

const now = '2030-01-01T00:00:00.000Z';
const later = '2030-01-01T01:00:00.000Z';
const states = executionState.options;

/** From each state, to which others; written out, so that a change of the table is seen here. */
const table: Record<ExecutionState, string> = {
  queued: 'running paused cancelling cancelled succeeded partial failed',
  running: 'queued waiting paused cancelling succeeded partial failed',
  waiting: 'queued running paused cancelling cancelled succeeded partial failed',
  paused: 'queued waiting cancelling cancelled succeeded partial failed',
  cancelling: 'cancelled',
  cancelled: '',
  succeeded: '',
  partial: '',
  failed: '',
};

describe('the table of states', () => {
  const pairs = states.flatMap((from) => states.map((to) => [from, to] as const));

  it.each(pairs)('%s to %s is as written', (from, to) => {
    expect(canFollow(from, to)).toBe(from === to || table[from].split(' ').includes(to));
  });

  it('has no way out of an end, and a way to an end from everywhere else', () => {
    for (const state of states) {
      const ways = states.filter((to) => to !== state && canFollow(state, to));
      expect(ways.length === 0, state).toBe(isTerminal({ state }));
      if (!isTerminal({ state }))
        expect(
          ways.some((to) => isTerminal({ state: to })),
          state,
        ).toBe(true);
    }
    expect(states.filter((state) => !isTerminal({ state }))).toEqual(unfinishedStates);
  });

  it('lets nobody work on a run that a person has stopped, or that has ended', () => {
    expect(states.filter((state) => mayWork({ state }))).toEqual(['queued', 'running', 'waiting']);
  });

  it('lets a cancel be followed by nothing but its end', () => {
    expect(states.filter((to) => canFollow('cancelling', to))).toEqual(['cancelling', 'cancelled']);
  });
});

/** What the engine and people do to a run, each with the states in which it is done. */
type Step = {
  readonly name: string;
  readonly in: readonly ExecutionState[];
  readonly take: (run: ExecutionDocument) => ExecutionDocument;
};

const page = (done: boolean, received: number, failed: number) => (run: ExecutionDocument) =>
  advancePage(
    run,
    {
      pull: { changes: [], rejected: [], done, ...(done ? {} : { next: String(run.pages) }) },
      counts: { ...noCounts(), received, created: received - failed, failed },
      readAt: now,
    },
    now,
  );

const workable: readonly ExecutionState[] = ['queued', 'running', 'waiting'];
/** In which a worker may commit the page that it was in when a person came. */
const inFlight: readonly ExecutionState[] = ['queued', 'running', 'paused', 'cancelling'];

const steps: readonly Step[] = [
  { name: 'begin', in: workable, take: (run) => beginWork(run, run.fence + 1, now) },
  { name: 'page', in: inFlight, take: page(false, 3, 0) },
  { name: 'page with a failure', in: inFlight, take: page(false, 3, 1) },
  { name: 'last page', in: inFlight, take: page(true, 2, 0) },
  { name: 'wait', in: ['running'], take: (run) => waitUntil(run, later, 'Busy.', now) },
  { name: 'restart', in: ['running'], take: (run) => restartObject(run, 'Expired.', now) },
  { name: 'leave', in: ['running'], take: (run) => leaveObject(run, 'Not allowed.', now) },
  { name: 'read anew', in: ['running'], take: (run) => readAnew(run, 'there', now) },
  { name: 'revive', in: ['running'], take: (run) => ({ ...run, state: 'queued', revivals: run.revivals + 1 }) },
  { name: 'fail', in: ['queued', 'running', 'waiting', 'paused', 'cancelling'], take: (run) => fail(run, 'No.', now) },
  { name: 'pause', in: ['queued', 'running', 'waiting'], take: (run) => pause(run, now) },
  { name: 'resume', in: ['paused'], take: (run) => requeue(run, now) },
  { name: 'ask to cancel', in: ['queued', 'running', 'paused'], take: (run) => requestCancel(run, now) },
  { name: 'cancel', in: ['queued', 'waiting', 'paused', 'cancelling'], take: (run) => endCancelled(run, now) },
];

describe('whatever is done to a run, in any order', () => {
  const mapping = { object: 'companies', shardTypeId: 'company', fields: [] };
  const first = sampleExecution('acme', {
    state: 'queued',
    plan: {
      objects: [mapping, { ...mapping, object: 'contacts' }],
      pageSize: 5,
      deletions: 'ignore',
      since: {},
    },
  });

  it('it keeps to the table, its ends are ends, and its counts add up', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 40 }), (sequence) => {
        let run = first;
        for (const step of sequence) {
          if (!step.in.includes(run.state)) continue;
          const next = step.take(run);
          expect(canFollow(run.state, next.state), `${run.state} ${step.name} ${next.state}`).toBe(true);
          expect(next.pages).toBeGreaterThanOrEqual(run.pages);
          expect(next.counts.received).toBeGreaterThanOrEqual(run.counts.received);
          run = next;
        }
        expectConsistent(run);
      }),
      { numRuns: 2000 },
    );
  });

  it('a cancel that was asked for is what it ends with', () => {
    const afterwards = fc.array(fc.constantFrom(...steps), { maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom<ExecutionState>('queued', 'running', 'paused'), afterwards, (state, sequence) => {
        let run = requestCancel({ ...first, state }, now);
        for (const step of sequence) if (step.in.includes(run.state)) run = step.take(run);
        expect(['cancelling', 'cancelled']).toContain(run.state);
        expect(run.state === 'cancelled' ? run.problem : undefined).toBeUndefined();
      }),
    );
  });
});

/** What a run's state says of the rest of it. */
function expectConsistent(run: ExecutionDocument): void {
  const isLeft = Object.values(run.progress).some(({ problem }) => problem !== undefined);
  expect(reconciles(run.counts)).toBe(true);
  expect(run.finishedAt !== undefined).toBe(isTerminal(run));
  if (run.state === 'cancelled' || run.state === 'failed') expect(run.waitingUntil).toBeUndefined();
  if (run.state === 'succeeded') expect([run.counts.failed, isLeft, run.problem]).toEqual([0, false, undefined]);
  if (run.state === 'failed') expect(run.problem).toBeDefined();
  if (isLeft && run.state === 'partial') expect(run.problem).toBeDefined();
}
