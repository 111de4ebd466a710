import type { PullPage } from '../core/adapter.ts';
import type { ObjectMapping } from '../core/convert-record.ts';
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
  mapping: ObjectMapping,
  pull: PullPage,
  failures: PageReading['failures'],
): Promise<void> {
  const at = deps.now().toISOString();
  const documents = [
    ...pull.rejected.map((record, position) => rejectedRecord(execution, mapping, record, position, at)),
    ...failures.map((failure) => failedChange(execution, mapping, failure, at)),
  ];
  await deps.runs.failedRecords.writeMany(
    scope,
    documents.map((document) => ({ kind: 'upsert', document })),
  );
  const { failedOf } = execution.plan;
  if (failedOf === undefined) return;
  const stillFailed = new Set(documents.map(({ id }) => id));
  await resolve(deps, scope, execution, mapping, pull, stillFailed);
}

async function resolve(
  deps: Needs,
  scope: Scope,
  execution: ExecutionDocument,
  mapping: ObjectMapping,
  pull: PullPage,
  stillFailed: ReadonlySet<string>,
): Promise<void> {
  const original = execution.plan.failedOf?.executionId ?? execution.id;
  const ids = pull.changes
    .map((change) => failedChange(execution, mapping, { change, reason: '' }, '').id)
    .filter((id) => !stillFailed.has(id));
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
