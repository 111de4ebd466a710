import type { z } from 'zod';
import type { listFailedRecords, listExecutionLogs as logsRoute } from '../contracts/execution-details.ts';
import type { FailedRecordDocument, LogDocument } from '../core/documents/execution-details.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findExecution } from './find-execution.ts';
import { equalFilters, listPage } from './list-page.ts';

type LogEntry = z.infer<NonNullable<(typeof logsRoute)['success']['body']>>['items'][number];
type FailedRecord = z.infer<NonNullable<(typeof listFailedRecords)['success']['body']>>['items'][number];

/** What happened to a run, newest first. Throws `not-found`. */
export async function listExecutionLogs(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { params, query }: InputOf<typeof logsRoute>,
): Promise<OutputOf<typeof logsRoute>> {
  const { document } = await findExecution(deps, scope, params);
  const asked = { level: query.level, event: query.event };
  const body = await listPage({
    list: 'execution-logs',
    asked: given({ ...asked, executionId: document.id }),
    page: query,
    read: (range) =>
      deps.runs.logs.list(scope, {
        filters: equalFilters({ ...asked, runId: document.id }),
        order: 'descending',
        ...range,
      }),
    describe: describeLogEntry,
  });
  return { body };
}

/** The records that a run set aside, in order of their ids. Throws `not-found`. */
export async function listFailed(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { params, query }: InputOf<typeof listFailedRecords>,
): Promise<OutputOf<typeof listFailedRecords>> {
  const { document } = await findExecution(deps, scope, params);
  const asked = { state: query.state, object: query.object };
  const body = await listPage({
    list: 'failed-records',
    asked: given({ ...asked, executionId: document.id }),
    page: query,
    read: (range) =>
      deps.runs.failedRecords.list(scope, {
        partition: document.id,
        filters: equalFilters(asked),
        order: 'ascending',
        ...range,
      }),
    describe: describeFailedRecord,
  });
  return { body };
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function describeLogEntry({ id, at, level, event, message, actor, data }: LogDocument): LogEntry {
  return { id, at, level, event, message, actor, ...(data === undefined ? {} : { data }) };
}

function describeFailedRecord(document: FailedRecordDocument): FailedRecord {
  const { id, state, object, shardTypeId, externalId, reason, page, record, resolvedBy, at } = document;
  return { id, state, object, shardTypeId, externalId, reason, page, retryable: record !== undefined, resolvedBy, at };
}
