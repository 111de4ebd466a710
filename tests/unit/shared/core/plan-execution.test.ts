import { describe, expect, it } from 'vitest';
import { endCancelled, fail } from '../../../../shared/core/advance-execution.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { MatchRuleSet } from '../../../../shared/core/documents/match-rules.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { continueFrom, planExecution, planRetryOfRecords } from '../../../../shared/core/plan-execution.ts';
import { watermarkKey } from '../../../../shared/core/watermark.ts';
import { sampleTask } from '../../../kit/sample-documents.ts';

const now = '2030-01-01T00:00:00.000Z';
const input = { executionId: 'exe_2', mode: 'full', trigger: 'retry', source: 'here', now } as const;
const mapping = { object: 'companies', shardTypeId: 'company', fields: [] };
const contacts = { ...mapping, object: 'contacts' };
const task = sampleTask('acme', { objects: [mapping, contacts] });
const keyOf = (of: typeof mapping, source = 'here') => watermarkKey(of, { source });
const rules: MatchRuleSet = {
  version: 2,
  rules: [{ kind: 'exact', name: 'E-mail', key: [{ fields: ['email'], as: 'email', part: 'whole' }] }],
  strategy: 'newest',
  fieldStrategies: {},
};

/** Stopped in the midst of the second object. */
const stopped: ExecutionDocument = {
  ...planExecution(task, { ...input, executionId: 'exe_1', trigger: 'manual' }),
  state: 'running',
  checkpoint: {
    objectIndex: 1,
    restarted: true,
    cursor: 'page-7',
    objectStartedAt: '2029-12-31T10:00:00.000Z',
    newestModifiedAt: '2029-12-31T09:00:00.000Z',
    emptyPages: 3,
  },
  watermarks: { [keyOf(mapping)]: '2029-12-31T08:00:00.000Z' },
  progress: { 0: { received: 90 }, 1: { received: 30 } },
  pages: 12,
};
const failed = fail(stopped, 'The provider is gone.', now);

const retry = (of: ExecutionDocument, change: Partial<TaskDocument> = {}, more: Partial<typeof input> = {}) =>
  continueFrom(planExecution({ ...task, ...change }, { ...input, ...more }), of);

describe('a run that goes on where another was stopped', () => {
  it.each([
    ['failed', failed],
    ['cancelled', endCancelled(stopped, now)],
  ])('begins at the checkpoint of one that was %s, with its watermarks', (_name, of) => {
    expect(retry(of)).toMatchObject({
      id: 'exe_2',
      state: 'queued',
      retryOf: 'exe_1',
      pages: 0,
      counts: { received: 0 },
      checkpoint: { ...stopped.checkpoint, restarted: false },
      watermarks: stopped.watermarks,
    });
  });

  it('reads from the same instant as the one before, also when the task has come further since', () => {
    const since = { [keyOf(mapping)]: '2029-01-01T00:00:00.000Z' };
    const of = { ...failed, mode: 'incremental' as const, plan: { ...failed.plan, since } };
    const change = { watermarks: { [keyOf(mapping)]: '2029-12-30T00:00:00.000Z' } };
    expect(retry(of, change, { mode: 'incremental' as never }).plan.since).toEqual(since);
  });

  it('expects only what is left', () => {
    const sizes = { [keyOf(mapping)]: 90, [keyOf(contacts)]: 50 };
    expect(retry(failed, { sizes }).progress).toEqual({
      0: { received: 0, expected: 90 },
      1: { received: 0, expected: 20 },
    });
  });

  const elsewhere: readonly (readonly [string, ExecutionDocument, Partial<TaskDocument>, Partial<typeof input>])[] = [
    ['a mapping was changed', failed, { objects: [{ ...mapping, shardTypeId: 'firm' }, contacts] }, {}],
    ['an object was added', failed, { objects: [mapping, contacts, { ...mapping, object: 'deals' }] }, {}],
    ['an object was taken away', failed, { objects: [mapping] }, {}],
    ['objects changed places', failed, { objects: [contacts, mapping] }, {}],
    ['deletions are now mirrored', failed, { deletions: 'mirror' }, {}],
    ['the settings were changed', failed, {}, { source: 'there' as never }],
    ['the match rules were changed', failed, {}, { matchRules: { contact: rules, company: rules } } as never],
    ['it is another mode', failed, {}, { mode: 'incremental' as never }],
    ['an object was left', { ...failed, progress: { 0: { received: 0, problem: 'Not allowed.' } } }, {}, {}],
    ['it had read everything', { ...failed, checkpoint: { objectIndex: 2, restarted: false } }, {}, {}],
    ['it succeeded', { ...failed, state: 'succeeded' }, {}, {}],
    ['it was partial', { ...failed, state: 'partial' }, {}, {}],
    [
      'it was about failed records',
      { ...failed, plan: { ...failed.plan, failedOf: { executionId: 'exe_0' } } },
      {},
      {},
    ],
  ];

  it.each(elsewhere)('begins anew when %s', (_name, of, change, more) => {
    const run = retry(of, change, more);
    expect(run).toMatchObject({ retryOf: 'exe_1', checkpoint: { objectIndex: 0, restarted: false }, watermarks: {} });
    expect(run.checkpoint.cursor).toBeUndefined();
  });

  it('goes on under match rules that do the same', () => {
    const of = { ...failed, plan: { ...failed.plan, matchRules: { company: { ...rules, version: 1 } } } };
    const run = retry(of, {}, { matchRules: { company: rules } } as never);
    expect(run).toMatchObject({ checkpoint: { cursor: 'page-7' }, plan: { matchRules: { company: rules } } });
  });

  it('goes on when only the name, the page size or the schedule is another', () => {
    const change = { name: 'Other', pageSize: 7, schedule: { kind: 'interval', everySeconds: 60 } as const };
    expect(retry(failed, change)).toMatchObject({ checkpoint: { cursor: 'page-7' }, plan: { pageSize: 7 } });
  });
});

describe('a run over failed records', () => {
  it('finds duplicates by the match rules of now', () => {
    const run = planRetryOfRecords(
      task,
      { ...input, matchRules: { company: rules } },
      { executionId: 'exe_1' },
      'exe_1',
    );
    expect(run.plan.matchRules).toEqual({ company: rules });
  });

  it('uses the mappings of now, reads from the start of the list, and raises no watermark', () => {
    const change = { watermarks: { [keyOf(mapping)]: now }, sizes: { [keyOf(mapping)]: 90 } };
    const run = planRetryOfRecords({ ...task, ...change }, input, { executionId: 'exe_1', records: ['fr_1'] }, 'exe_1');
    expect(run).toMatchObject({
      retryOf: 'exe_1',
      mode: 'full',
      plan: { since: {}, objects: task.objects, failedOf: { executionId: 'exe_1', records: ['fr_1'] } },
      progress: {},
    });
  });
});

describe('a new run', () => {
  it('expects what the last full read brought, where it reads all', () => {
    const sizes = { [keyOf(mapping)]: 90, [keyOf(contacts, 'elsewhere')]: 5 };
    const known = { ...task, sizes };
    expect(planExecution(known, input).progress).toEqual({ 0: { received: 0, expected: 90 } });
    const since = { ...known, watermarks: { [keyOf(mapping)]: now } };
    expect(planExecution(since, { ...input, mode: 'incremental' }).progress).toEqual({});
  });
});
