import type { ExternalChange, RejectedRecord } from './adapter.ts';
import { canonicalText, shortHash } from './canonical.ts';
import type { ConversionError } from './conversion/rule.ts';
import type { PlannedObject } from './documents/conversion.ts';
import { type ExecutionDocument, runIdOf } from './documents/execution.ts';
import type { FailedRecordDocument } from './documents/execution-details.ts';
import type { RecordFailure } from './observation.ts';

/** Of one provider's record, as JSON. A larger one is listed, but cannot be tried again without the provider. */
const largestRecordBytes = 64 * 1024;

/** Of one record: nobody reads more. */
const mostErrors = 50;

type Run = Pick<ExecutionDocument, 'id' | 'tenantId' | 'pages' | 'fence' | 'partition'>;
type Place = Pick<PlannedObject, 'object' | 'conversionSchema' | 'shardTypes'>;

/** A record that could be identified, but not be converted to one of its shards, or not kept. */
export function failedChange(run: Run, place: Place, failure: RecordFailure, at: string): FailedRecordDocument {
  const { change, feed, reason, errors } = failure;
  const text = JSON.stringify(change.record);
  const isSmall = text.length <= largestRecordBytes && Buffer.byteLength(text) <= largestRecordBytes;
  const recordId = shorten(change.externalId);
  const externalId = shorten(failure.externalId);
  // Under another id it would be another record.
  const isKept = isSmall && !change.deleted && recordId === change.externalId;
  return {
    ...common(run, place, reason, at),
    id: idOf(place, feed.object, feed.shardTypeId, [failure.externalId, change.externalId]),
    shardTypeId: feed.shardTypeId,
    ...(feed.target === undefined ? {} : { target: feed.target }),
    externalId,
    ...(recordId === externalId ? {} : { recordId }),
    ...(errors === undefined ? {} : { errors: errors.slice(0, mostErrors).map(shortenError) }),
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
  const identity = externalId === undefined ? [run.id, run.pages, position] : [externalId, externalId];
  const [shardTypeId, ...others] = Object.keys(place.shardTypes);
  const isOnly = shardTypeId !== undefined && others.length === 0;
  return {
    ...common(run, place, reason, at),
    id: idOf(place, place.object, isOnly ? shardTypeId : '', identity),
    ...(isOnly ? { shardTypeId } : {}),
    ...(externalId === undefined ? {} : { externalId: shorten(externalId) }),
    seen: { fence: run.fence, page: run.pages },
  };
}

/** What is tried again: the record as it came, with when it was seen and which shard it could not feed. */
export function changeOf(failed: FailedRecordDocument): ExternalChange | undefined {
  const { id, shardTypeId, target, externalId, recordId, record, version, modifiedAt, seen } = failed;
  if (externalId === undefined || shardTypeId === undefined || record === undefined) return undefined;
  return {
    externalId: recordId ?? externalId,
    deleted: false,
    record,
    seen,
    retried: { failedRecordId: id, shardTypeId, externalId, ...(target === undefined ? {} : { target }) },
    ...(version === undefined ? {} : { version }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
  };
}

/**
 * Which object of a plan a failed record is tried again with: the one of its own conversion schema, or else the first that feeds its shard type from
 * its object.
 */
export function findPlanned(
  objects: readonly PlannedObject[],
  failed: FailedRecordDocument,
): PlannedObject | undefined {
  const fitting = objects.filter(
    ({ object, shardTypes }) =>
      object === failed.object && failed.shardTypeId !== undefined && Object.hasOwn(shardTypes, failed.shardTypeId),
  );
  return fitting.find(({ conversionSchema }) => conversionSchema?.id === failed.conversionSchemaId) ?? fitting[0];
}

function common(run: Run, { object, conversionSchema }: Place, reason: string, at: string) {
  return {
    executionId: runIdOf(run),
    tenantId: run.tenantId,
    kind: 'failed-record' as const,
    schemaVersion: 1 as const,
    state: 'failed' as const,
    object,
    ...(conversionSchema === undefined ? {} : { conversionSchemaId: conversionSchema.id }),
    reason: shorten(reason),
    page: run.pages,
    at,
  };
}

/** @param feedObject the object with the target's name, where it has one */
function idOf(
  { conversionSchema }: Place,
  feedObject: string,
  shardTypeId: string,
  identity: readonly (string | number)[],
): string {
  return `fr_${shortHash(canonicalText([conversionSchema?.id ?? '', feedObject, shardTypeId, ...identity]))}`;
}

function shortenError({ field, message }: ConversionError): ConversionError {
  return { field: shorten(field), message: shorten(message) };
}

/** An id longer than this is refused by the conversion, so that it is never needed whole. */
function shorten(text: string): string {
  return text.slice(0, 1024).toWellFormed();
}
