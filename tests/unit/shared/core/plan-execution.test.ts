import { describe, expect, it } from 'vitest';
import { endCancelled, fail } from '../../../../shared/core/advance-execution.ts';
import { inlineTargets } from '../../../../shared/core/conversion/inline-targets.ts';
import { mappingVersion } from '../../../../shared/core/conversion/mapping-version.ts';
import type { PlannedObject } from '../../../../shared/core/documents/conversion.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { MatchRuleSet } from '../../../../shared/core/documents/match-rules.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import {
  continueFrom,
  type PlanInput,
  planExecution,
  planRetryOfRecords,
} from '../../../../shared/core/plan-execution.ts';
import { watermarkKey } from '../../../../shared/core/watermark.ts';
import { sampleTask } from '../../../kit/sample-documents.ts';

const now = '2030-01-01T00:00:00.000Z';
const input = { executionId: 'exe_2', mode: 'full', trigger: 'retry', source: 'here', now } as const;
const mapping = { object: 'companies', shardTypeId: 'company', fields: [] };
const contacts = { ...mapping, object: 'contacts' };
type Inline = Extract<TaskDocument['objects'][number], { fields: unknown }>;
const task = sampleTask('acme', { objects: [mapping, contacts] });
const freeze = ({ object, shardTypeId, fields }: Inline): PlannedObject => {
  const targets = inlineTargets({ shardTypeId, fields });
  const shardTypes = { [shardTypeId]: 'content' };
  return { object, targets, shardTypes, mappingVersion: mappingVersion(object, targets, shardTypes) };
};
const frozen = (of: readonly Inline[] = [mapping, contacts]) => of.map(freeze);
const keyOf = (of: Inline, source = 'here') => watermarkKey(freeze(of), { source });
const rules: MatchRuleSet = {
  version: 2,
  rules: [{ kind: 'exact', name: 'E-mail', key: [{ fields: ['email'], as: 'email', part: 'whole' }] }],
  strategy: 'newest',
  fieldStrategies: {},
};

/** Stopped in the midst of the second object. */
const stopped: ExecutionDocument = {
  ...planExecution(task, { ...input, objects: frozen(), executionId: 'exe_1', trigger: 'manual' }),
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

type More = Partial<Omit<PlanInput, 'objects'>>;
const retry = (of: ExecutionDocument, change: Partial<TaskDocument> = {}, more: More = {}, objects = frozen()) =>
  continueFrom(planExecution({ ...task, ...change }, { ...input, ...more, objects }), of);

const anew = { retryOf: 'exe_1', checkpoint: { objectIndex: 0, restarted: false }, watermarks: {} };

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
    expect(retry(of, change, { mode: 'incremental' }).plan.since).toEqual(since);
  });

  it('expects only what is left', () => {
    const sizes = { [keyOf(mapping)]: 90, [keyOf(contacts)]: 50 };
    expect(retry(failed, { sizes }).progress).toEqual({
      0: { received: 0, expected: 90 },
      1: { received: 0, expected: 20 },
    });
  });

  it.each([
    ['a mapping was changed', frozen([{ ...mapping, shardTypeId: 'firm' }, contacts])],
    ['an object was added', frozen([mapping, contacts, { ...mapping, object: 'deals' }])],
    ['an object was taken away', frozen([mapping])],
    ['objects changed places', frozen([contacts, mapping])],
  ])('begins anew when %s', (_name, objects) => {
    expect(retry(failed, {}, {}, objects)).toMatchObject(anew);
    expect(retry(failed, {}, {}, objects).checkpoint.cursor).toBeUndefined();
  });

  it('begins anew when its mapping was published again: another may have been in between', () => {
    const published = (publication: number) =>
      frozen().map((each) => ({
        ...each,
        conversionSchema: { id: 'cvs_1', version: 1, contentId: 'content', publication },
      }));
    const of = { ...failed, plan: { ...failed.plan, objects: published(1) } };
    expect(retry(of, {}, {}, published(1)).checkpoint.cursor).toBe('page-7');
    expect(retry(of, {}, {}, published(3))).toMatchObject(anew);
  });

  const elsewhere: readonly (readonly [string, ExecutionDocument, Partial<TaskDocument>, More])[] = [
    ['deletions are now mirrored', failed, { deletions: 'mirror' }, {}],
    ['the settings were changed', failed, {}, { source: 'there' }],
    ['the match rules were changed', failed, {}, { matchRules: { contact: rules, company: rules } }],
    ['it is another mode', failed, {}, { mode: 'incremental' }],
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
    expect(run).toMatchObject(anew);
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
      { ...input, objects: frozen(), matchRules: { company: rules } },
      { executionId: 'exe_1' },
      'exe_1',
    );
    expect(run.plan.matchRules).toEqual({ company: rules });
  });

  it('uses the mappings of now, reads from the start of the list, and raises no watermark', () => {
    const change = { watermarks: { [keyOf(mapping)]: now }, sizes: { [keyOf(mapping)]: 90 } };
    const given = { ...input, objects: frozen([contacts]) };
    const run = planRetryOfRecords({ ...task, ...change }, given, { executionId: 'exe_1', records: ['fr_1'] }, 'exe_1');
    expect(run).toMatchObject({
      retryOf: 'exe_1',
      mode: 'full',
      plan: { since: {}, objects: frozen([contacts]), failedOf: { executionId: 'exe_1', records: ['fr_1'] } },
      progress: {},
    });
  });
});

describe('a new run', () => {
  it('expects what the last full read brought, where it reads all', () => {
    const sizes = { [keyOf(mapping)]: 90, [keyOf(contacts, 'elsewhere')]: 5 };
    const known = { ...task, sizes };
    const given = { ...input, objects: frozen() };
    expect(planExecution(known, given).progress).toEqual({ 0: { received: 0, expected: 90 } });
    const since = { ...known, watermarks: { [keyOf(mapping)]: now } };
    expect(planExecution(since, { ...given, mode: 'incremental' }).progress).toEqual({});
  });
});
