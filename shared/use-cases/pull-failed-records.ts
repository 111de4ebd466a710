import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { FailedRecordDocument } from '../core/documents/execution-details.ts';
import { changeOf, findPlanned } from '../core/failed-record.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import type { Position, Pulled } from './pull-page.ts';

/** Reads a page of the failed records that a run is about, as if the provider had shown them again. Those already taken are passed over. */
export async function pullFailedRecords(
  deps: Pick<Deps, 'runs' | 'now'>,
  scope: Scope,
  execution: ExecutionDocument,
  position: Position,
): Promise<Pulled> {
  const { failedOf, pageSize, objects } = execution.plan;
  const planned = objects[position.objectIndex];
  if (planned === undefined || failedOf === undefined) throw new RangeError('the run is about no failed records');
  const readAt = deps.now().toISOString();
  const partition = failedOf.executionId;
  const found =
    failedOf.records === undefined
      ? await listFailed(deps, scope, { partition, object: planned.object, afterId: position.cursor, limit: pageSize })
      : await getNamed(deps, scope, partition, failedOf.records);
  const last = failedOf.records === undefined && found.length === pageSize ? found.at(-1) : undefined;
  return {
    ok: true,
    readAt,
    // They were seen long ago.
    askedAtMs: 0,
    page: {
      changes: found.flatMap((record) => (findPlanned(objects, record) === planned ? (changeOf(record) ?? []) : [])),
      rejected: [],
      ...(last === undefined ? { done: true } : { done: false, next: last.id }),
    },
  };
}

async function listFailed(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  from: { partition: string; object: string; afterId: string | undefined; limit: number },
): Promise<FailedRecordDocument[]> {
  const stored = await deps.runs.failedRecords.list(scope, {
    partition: from.partition,
    filters: [
      { field: 'state', is: 'equal', value: 'failed' },
      { field: 'object', is: 'equal', value: from.object },
    ],
    order: 'ascending',
    afterId: from.afterId,
    limit: from.limit,
  });
  return stored.map(({ document }) => document);
}

async function getNamed(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  partition: string,
  ids: readonly string[],
): Promise<FailedRecordDocument[]> {
  const stored = await deps.runs.failedRecords.getMany(
    scope,
    ids.map((id) => ({ id, partition })),
  );
  return stored.flatMap((each) => (each?.document.state === 'failed' ? [each.document] : []));
}
