import { expect, it } from 'vitest';
import { describeProgress, describeRun } from '../../../../local/start/describe-run.ts';
import { describeExecution } from '../../../../shared/core/describe-execution.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { sampleExecution } from '../../../kit/sample-documents.ts';

const counts = { received: 5, created: 3, updated: 0, unchanged: 0, conflicted: 0, skipped: 0, failed: 2 };
const run = (change: Partial<ExecutionDocument>) =>
  describeExecution(sampleExecution('acme', { counts, ...change }), new Date('2030-01-01T00:00:00.000Z'));

it.each<[Partial<ExecutionDocument>, string]>([
  [{ state: 'running' }, 'companies: 5 records read'],
  [{ state: 'running', progress: { 0: { received: 5, expected: 9 } } }, 'companies: 5 of 9 records read'],
  [{ state: 'queued' }, 'companies: 5 records read, queued'],
  [{ state: 'cancelling' }, 'companies: 5 records read, cancelling'],
  [{ state: 'paused' }, 'companies: 5 records read, paused by a person until it is resumed'],
  [
    { state: 'waiting', waitingUntil: '2030-01-01T00:01:00.000Z', problem: 'Too many requests.' },
    'companies: 5 records read, waiting until 2030-01-01T00:01:00.000Z: Too many requests.',
  ],
])('a run that goes on, %j, is told as %j', (change, line) => {
  expect(describeProgress(run(change))).toBe(line);
});

it.each<[Partial<ExecutionDocument>, RegExp]>([
  [{ state: 'succeeded' }, /^The sync succeeded: 3 created, 0 updated, 0 unchanged, 2 failed\.$/],
  [{ state: 'partial', problem: 'deals: Not allowed.' }, /^The sync succeeded in part: .*\. deals: Not allowed\.$/],
  [{ state: 'cancelled' }, /^The sync was cancelled: /],
  [{ state: 'failed', problem: 'Gone.' }, /^The sync failed: .* Gone\.$/],
])('a run that has ended, %j, is told', (change, line) => {
  expect(describeRun(run(change))).toMatch(line);
});
