import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { readPath } from '../../adapters/kit/read-path.ts';
import { applyQuirks } from './apply-quirks.ts';
import type { BehaviourSwitch } from './behaviour.ts';
import type { Changer } from './change-records.ts';
import type { Row } from './collection.ts';
import type { StruckBy } from './fault-switches.ts';
import type { CreationKey } from './journal.ts';
import { fieldProblem, Problem } from './problem.ts';
import { mergeFields, parseRecordBody } from './record-body.ts';
import { type Fields, idOf, indexOfId, type RecordType } from './record-types.ts';
import type { Change, Store } from './store.ts';
import type { WriteCounts } from './write-counts.ts';

export interface WriteParts {
  readonly store: Store;
  readonly changer: Changer;
  readonly behaviour: BehaviourSwitch;
  readonly writes: WriteCounts;
}

/** One record to write, as its writer says it. */
export type Write =
  | { readonly kind: 'create'; readonly body: unknown; readonly idempotencyKey?: string | undefined }
  | { readonly kind: 'update'; readonly id: string; readonly body: unknown; readonly condition: Condition }
  | { readonly kind: 'delete'; readonly id: string; readonly condition: Condition };

/** What a record must still be for the write to be done: the headers' own text. */
export interface Condition {
  readonly ifMatch?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

export interface Written {
  readonly id: string;
  /** None of a record that is deleted. */
  readonly shown?: { readonly etag: string; readonly body: string };
}

/** Writes one record for a client of the API. Throws a problem, and has then written nothing. */
export const writeRecord = (
  parts: WriteParts,
  type: RecordType,
  write: Write,
  { struckBy, nowMs }: { readonly struckBy: StruckBy; readonly nowMs: number },
): Written => {
  const movesOn = struckBy.find('moves-on');
  if (movesOn !== undefined && write.kind !== 'create') {
    parts.changer.changeOne(type, findRow(parts.store, type, write.id).index, movesOn.patch, nowMs);
  }
  const rejected = struckBy.find('rejects-field');
  if (rejected !== undefined && write.kind !== 'delete' && readPath(write.body, rejected.field) !== undefined) {
    throw fieldProblem('field-rejected', rejected.field, rejected.message);
  }
  const { written, effect } = commitWrite(parts, type, write, nowMs);
  if (effect !== 'none') {
    parts.writes.count(type, written.id, effect);
  }
  return written;
};

type Effect = 'created' | 'updated' | 'unchanged' | 'deleted' | 'none';

/** Writes one record, whoever it is for. `none`: it was created before, with the same key. */
export const commitWrite = (
  parts: WriteParts,
  type: RecordType,
  write: Write,
  nowMs: number,
): { readonly written: Written; readonly effect: Effect } => {
  const { store, behaviour } = parts;
  const { quirks } = behaviour.current;
  if (write.kind === 'create') {
    return createRecord(parts, type, write, nowMs);
  }
  const row = findRow(store, type, write.id);
  assertCondition(row, write.condition);
  if (write.kind === 'delete') {
    commitOne(store, { kind: 'delete', type, index: row.index }, nowMs);
    return { written: { id: write.id }, effect: 'deleted' };
  }
  const patch = applyQuirks(quirks, parseRecordBody(type, write.body));
  assertUnique(parts, type, patch, row.index);
  let isChanged = false;
  const change = (fields: Fields): Fields => {
    const merged = mergeFields(fields, patch);
    isChanged = !isDeepStrictEqual(merged, fields);
    return merged;
  };
  const updated = commitOne(store, { kind: 'update', type, index: row.index, change }, nowMs);
  return { written: show(store, type, updated), effect: isChanged ? 'updated' : 'unchanged' };
};

const createRecord = (
  parts: WriteParts,
  type: RecordType,
  { body, idempotencyKey }: Extract<Write, { kind: 'create' }>,
  nowMs: number,
): { readonly written: Written; readonly effect: Effect } => {
  const { store, behaviour } = parts;
  const fields = applyQuirks(behaviour.current.quirks, parseRecordBody(type, body));
  const creation = creationKey(parts, type, fields, idempotencyKey);
  const before = creation === undefined ? undefined : store.findCreation(creation.key);
  if (creation !== undefined && before !== undefined) {
    if (before.fingerprint !== creation.fingerprint) {
      throw new Problem(422, 'idempotency-key-reused', 'the idempotency key was used for something else');
    }
    const { row } = before;
    const shown = { etag: etagOf(row), body: row.body ?? '' };
    return { written: { id: idOf(type, row.index), shown }, effect: 'none' };
  }
  assertUnique(parts, type, fields);
  const [index] = store.reserve(type, 1);
  if (index === undefined) {
    throw new Error('no id was reserved');
  }
  const row = commitOne(store, { kind: 'create', type, index, fields, creation }, nowMs);
  return { written: show(store, type, row), effect: 'created' };
};

const creationKey = (
  { behaviour }: WriteParts,
  type: RecordType,
  fields: Fields,
  key: string | undefined,
): CreationKey | undefined => {
  if (key === undefined || !behaviour.current.idempotencyKeys) {
    return;
  }
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([type, fields]))
    .digest('base64url');
  return { key, fingerprint };
};

const assertUnique = ({ store, behaviour }: WriteParts, type: RecordType, fields: Fields, except?: number): void => {
  const path = behaviour.current.uniqueField;
  const value = path === undefined ? undefined : readPath(fields, path);
  if (path === undefined || value === undefined || value === null) {
    return;
  }
  const other = store.findByValue(type, path, value, except);
  if (other !== undefined) {
    const existingId = idOf(type, other.index);
    throw new Problem(409, 'not-unique', `${path}: ${existingId} has this value`, {}, { existingId });
  }
};

export const findRow = (store: Store, type: RecordType, id: string): Row => {
  const index = indexOfId(type, id);
  const row = index === undefined ? undefined : store.collection(type).get(index);
  if (row?.state !== 'live') {
    throw new Problem(404, 'not-found', `there is no record "${id}" among the ${type}`);
  }
  return row;
};

const commitOne = (store: Store, change: Change, nowMs: number): Row => {
  const [row] = store.commit([change], nowMs);
  if (row === undefined) {
    throw new Error('a change of a record that was just found came to nothing');
  }
  return row;
};

/** The version in quotes: what a record shows as `version` tells its ETag as well. */
export const etagOf = (row: Pick<Row, 'version'>): string => `"${row.version}"`;

export const show = (store: Store, type: RecordType, row: Row): Required<Written> => ({
  id: idOf(type, row.index),
  shown: { etag: etagOf(row), body: store.bodyOf(type, row) },
});

const assertCondition = (row: Row, { ifMatch, ifUnmodifiedSince }: Condition): void => {
  const etag = etagOf(row);
  const sinceMs = Date.parse(ifUnmodifiedSince ?? '');
  const isModified = !Number.isNaN(sinceMs) && Math.floor(row.updatedAtMs / 1000) * 1000 > sinceMs;
  if ((ifMatch !== undefined && !isNamedBy(ifMatch, etag)) || isModified) {
    throw new Problem(412, 'version-conflict', `the record is at ${etag} now`, { etag });
  }
};

/** Whether a list of ETags, as in `If-Match`, names this one; `*` names any, and weak ones count as strong. */
export const isNamedBy = (header: string | undefined, etag: string): boolean =>
  (header ?? '')
    .split(',')
    .map((item) => item.trim().replace(/^W\//, ''))
    .some((item) => item === '*' || item === etag);
