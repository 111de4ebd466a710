import type { PullPage } from '../core/adapter.ts';
import type { PlannedObject } from '../core/documents/conversion.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { FailedRecordDocument } from '../core/documents/execution-details.ts';
import { failedChange, rejectedRecord } from '../core/failed-record.ts';
import type { PageReading } from '../core/observation.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

type Needs = Pick<Deps, 'runs' | 'now'>;

/**
 * Writes down each record of the page that could not be taken, before the page is committed. In a run over failed records those that were taken
 * after all are marked so in the run that they failed in. Repeatable.
 */
export async function setRecordsAside(
  deps: Needs,
  scope: Scope,
  execution: ExecutionDocument,
  planned: PlannedObject,
  pull: PullPage,
  failures: PageReading['failures'],
): Promise<void> {
  const at = deps.now().toISOString();
  const documents = [
    ...pull.rejected.map((record, position) => rejectedRecord(execution, planned, record, position, at)),
    ...failures.map((failure) => failedChange(execution, planned, failure, at)),
  ];
  // The same record again is the later one; so are parts of one record that have no id to tell them apart.
  const byId = new Map(documents.map((document) => [document.id, document]));
  await deps.runs.failedRecords.writeMany(
    scope,
    [...byId.values()].map((document) => ({ kind: 'upsert', document })),
  );
  if (execution.plan.failedOf !== undefined) await resolve(deps, scope, execution, pull, failures);
}

async function resolve(
  deps: Needs,
  scope: Scope,
  execution: ExecutionDocument,
  pull: PullPage,
  failures: PageReading['failures'],
): Promise<void> {
  const original = execution.plan.failedOf?.executionId ?? execution.id;
  const failedAgain = new Set(failures.map(({ change }) => change.retried?.failedRecordId));
  const ids = pull.changes.flatMap(({ retried }) =>
    retried === undefined || failedAgain.has(retried.failedRecordId) ? [] : [retried.failedRecordId],
  );
  const stored = await deps.runs.failedRecords.getMany(
    scope,
    ids.map((id) => ({ id, partition: original })),
  );
  const resolved = stored.flatMap((each): FailedRecordDocument[] =>
    each === undefined ? [] : [{ ...each.document, state: 'resolved', resolvedBy: execution.id }],
  );
  await deps.runs.failedRecords.writeMany(
    scope,
    resolved.map((document) => ({ kind: 'upsert', document })),
  );
}
