import type { ExternalChange } from '../../shared/core/adapter.ts';
import type { PushOperation, PushOutcome, RejectedField } from '../../shared/core/adapter-writes.ts';
import { readPath } from '../kit/read-path.ts';
import { asExternalId, readRecord } from './read-record.ts';
import type { ObjectSettings } from './settings.ts';
import type { AnswerSettings, WriteSettings } from './write-settings.ts';

/** What a provider answered to one write, alone or as one of a batch. */
export interface WriteAnswer {
  readonly status: number;
  /** The body of a refusal; undefined where there is none that can be read. */
  readonly error: unknown;
  /** The record as it is now, where the answer shows it. */
  readonly record: unknown;
  /** The id by itself, where the answer tells it so. */
  readonly id: unknown;
  /** The ETag that came with the record. */
  readonly etag: string | undefined;
  readonly redact: (text: string) => string;
}

type Fields = Pick<ObjectSettings, 'idField' | 'modifiedField' | 'deleted' | 'revision'>;

/** The statuses that say what became of a record, rather than of the request. */
export function statusesOfRecords({ conflict, exists }: WriteSettings): readonly number[] {
  return [...new Set([400, 404, 409, 410, 412, 413, 414, 415, 422, 428, conflict.status, exists.status])];
}

/** The outcome of one write; undefined where the status says nothing about the record. */
export function readOutcome(
  operation: PushOperation,
  answer: WriteAnswer,
  { fields, writes }: { readonly fields: Fields; readonly writes: WriteSettings },
): PushOutcome | undefined {
  if (answer.status >= 200 && answer.status < 300) return readWritten(operation, answer, fields);
  if (operation.kind !== 'create') {
    if (answers(answer, writes.conflict)) return { kind: 'conflict' };
    if (answer.status === 404 || answer.status === 410) return { kind: 'missing' };
  } else if (answers(answer, writes.exists)) {
    const { idPath } = writes.exists;
    const externalId = idPath === undefined ? undefined : asExternalId(readPath(answer.error, idPath));
    return externalId === undefined ? { kind: 'exists' } : { kind: 'exists', externalId };
  } else if (answer.status === 404 || answer.status === 410) {
    return undefined;
  }
  return statusesOfRecords(writes).includes(answer.status) ? readRejection(answer, writes) : undefined;
}

function readWritten(operation: PushOperation, answer: WriteAnswer, fields: Fields): PushOutcome {
  const known = operation.kind === 'create' ? undefined : operation.externalId;
  const change = operation.kind === 'delete' ? undefined : readShown(answer, fields);
  const told = change?.externalId ?? asExternalId(answer.id);
  const externalId = known ?? told;
  if (externalId === undefined) {
    return { kind: 'unknown', reason: 'The provider created the record and did not tell its id.' };
  }
  // An answer about another record says nothing about this one.
  const isSame = change !== undefined && change.externalId === externalId;
  return isSame ? { kind: 'written', externalId, change } : { kind: 'written', externalId };
}

function readShown(answer: WriteAnswer, fields: Fields): ExternalChange | undefined {
  if (answer.record === undefined) return undefined;
  const read = readRecord(answer.record, 0, fields, answer.etag);
  return read.kind === 'change' ? read.change : undefined;
}

function answers({ status, error }: WriteAnswer, expected: AnswerSettings): boolean {
  if (status !== expected.status) return false;
  return expected.codePath === undefined || String(readPath(error, expected.codePath)) === String(expected.code);
}

const mostFields = 50;

function readRejection({ status, error, redact }: WriteAnswer, { rejection }: WriteSettings): PushOutcome {
  const reason = textOf(readPath(error, rejection.reasonPath) ?? readPath(error, 'message') ?? error, redact);
  const items = readPath(error, rejection.itemsPath);
  const fields = (Array.isArray(items) ? items : []).slice(0, mostFields).flatMap((item): RejectedField[] => {
    const field = textOf(readPath(item, rejection.fieldPath), redact);
    if (field === undefined) return [];
    return [{ field, message: textOf(readPath(item, rejection.messagePath), redact) ?? 'is refused' }];
  });
  return {
    kind: 'rejected',
    reason: reason ?? `The provider refused the record (${status}).`,
    ...(fields.length === 0 ? {} : { fields }),
  };
}

const longestText = 500;

/** A text to show to people: on one line, not endless, without the credential. */
function textOf(value: unknown, redact: (text: string) => string): string | undefined {
  const text = Array.isArray(value) ? value.filter((part) => typeof part === 'string').join('.') : value;
  if (typeof text !== 'string') return undefined;
  const shown = redact(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  if (shown === '') return undefined;
  return shown.length > longestText ? `${shown.slice(0, longestText).toWellFormed()}…` : shown;
}
