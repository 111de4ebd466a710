import type { ExternalChange, RejectedRecord } from './adapter.ts';
import { canonicalText, shortHash } from './canonical.ts';
import { type ExecutionDocument, runIdOf } from './documents/execution.ts';
import type { FailedRecordDocument } from './documents/execution-details.ts';

/** Of one provider's record, as JSON. A larger one is listed, but cannot be tried again without the provider. */
const largestRecordBytes = 64 * 1024;

type Run = Pick<ExecutionDocument, 'id' | 'tenantId' | 'pages' | 'fence' | 'partition'>;
type Place = { readonly object: string; readonly shardTypeId: string };

/** A record that could be identified, but not converted or kept. */
export function failedChange(
  run: Run,
  { object, shardTypeId }: Place,
  { change, reason }: { readonly change: ExternalChange; readonly reason: string },
  at: string,
): FailedRecordDocument {
  const text = JSON.stringify(change.record);
  const isSmall = text.length <= largestRecordBytes && Buffer.byteLength(text) <= largestRecordBytes;
  const externalId = shorten(change.externalId);
  // Under another id it would be another record.
  const isKept = isSmall && !change.deleted && externalId === change.externalId;
  return {
    ...common(run, { object, shardTypeId }, reason, at),
    id: idOf([object, shardTypeId, change.externalId]),
    externalId,
    ...(isKept ? { record: change.record } : {}),
    ...(change.version === undefined ? {} : { version: change.version }),
    ...(change.modifiedAt === undefined ? {} : { modifiedAt: change.modifiedAt }),
    seen: change.seen ?? { fence: run.fence, page: run.pages },
  };
}

/** A record of which the adapter could not even tell what it is; known by its place. */
export function rejectedRecord(
  run: Run,
  place: Place,
  { externalId, reason }: RejectedRecord,
  position: number,
  at: string,
): FailedRecordDocument {
  const { object, shardTypeId } = place;
  const identity = externalId === undefined ? [run.partition?.index ?? 0, run.pages, position] : [externalId];
  return {
    ...common(run, place, reason, at),
    id: idOf([object, shardTypeId, ...identity]),
    ...(externalId === undefined ? {} : { externalId: shorten(externalId) }),
    seen: { fence: run.fence, page: run.pages },
  };
}

/** What is tried again: the record as it came, with when it was seen. */
export function changeOf(failed: FailedRecordDocument): ExternalChange | undefined {
  const { externalId, record, version, modifiedAt, seen } = failed;
  if (externalId === undefined || record === undefined) return undefined;
  return {
    externalId,
    deleted: false,
    record,
    seen,
    ...(version === undefined ? {} : { version }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
  };
}

function common(run: Run, { object, shardTypeId }: Place, reason: string, at: string) {
  return {
    executionId: runIdOf(run),
    tenantId: run.tenantId,
    kind: 'failed-record' as const,
    schemaVersion: 1 as const,
    state: 'failed' as const,
    object,
    shardTypeId,
    reason: shorten(reason),
    page: run.pages,
    at,
  };
}

function idOf(identity: readonly (string | number)[]): string {
  return `fr_${shortHash(canonicalText([...identity]))}`;
}

/** An id longer than this is refused by the conversion, so that it is never needed whole. */
function shorten(text: string): string {
  return text.slice(0, 1024).toWellFormed();
}
