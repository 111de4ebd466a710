import type { Row } from './collection.ts';
import { type Answer, type CrmRequest, jsonAnswer, readJson } from './exchange.ts';
import { Problem } from './problem.ts';
import { mergeFields, parseRecordBody } from './record-body.ts';
import { idOf, indexOfId, type RecordType } from './record-types.ts';
import type { Change, Store } from './store.ts';

/** Answers `POST /v1/{type}`. */
export const createRecord = (store: Store, type: RecordType, request: CrmRequest, nowMs: number): Answer => {
  const fields = parseRecordBody(type, readJson(request));
  const [index] = store.reserve(type, 1);
  if (index === undefined) {
    throw new Error('no id was reserved');
  }
  const row = commitOne(store, { kind: 'create', type, index, fields }, nowMs);
  return { ...showRecord(store, type, row), status: 201 };
};

/** Answers `GET`, `PATCH` and `DELETE` of `/v1/{type}/{id}`. */
export const serveRecord = (store: Store, type: RecordType, id: string, request: CrmRequest, nowMs: number): Answer => {
  const row = findRow(store, type, id);
  const etag = etagOf(type, row);
  if (request.method === 'GET' || request.method === 'HEAD') {
    return isNamedBy(request.headers['if-none-match'], etag)
      ? { status: 304, headers: { etag } }
      : showRecord(store, type, row);
  }
  if (request.method !== 'PATCH' && request.method !== 'DELETE') {
    throw new Problem(405, 'method-not-allowed', `${request.method} is not for records`, {
      allow: 'GET, HEAD, PATCH, DELETE',
    });
  }
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && !isNamedBy(ifMatch, etag)) {
    throw new Problem(412, 'version-conflict', `the record is at ${etag} now`, { etag });
  }
  if (request.method === 'DELETE') {
    commitOne(store, { kind: 'delete', type, index: row.index }, nowMs);
    return { status: 204 };
  }
  const patch = parseRecordBody(type, readJson(request));
  const change = (fields: Record<string, unknown>) => mergeFields(fields, patch);
  return showRecord(store, type, commitOne(store, { kind: 'update', type, index: row.index, change }, nowMs));
};

const findRow = (store: Store, type: RecordType, id: string): Row => {
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

const etagOf = (type: RecordType, row: Row): string => `"${idOf(type, row.index)}-${row.version}"`;

const showRecord = (store: Store, type: RecordType, row: Row): Answer => ({
  status: 200,
  headers: { etag: etagOf(type, row) },
  body: store.bodyOf(type, row),
});

/** Whether a list of ETags, as in `If-Match`, names this one; `*` names any, and weak ones count as strong. */
const isNamedBy = (header: string | undefined, etag: string): boolean =>
  (header ?? '')
    .split(',')
    .map((item) => item.trim().replace(/^W\//, ''))
    .some((item) => item === '*' || item === etag);

/** Answers `GET /v1/me`, which tells whether a key works. */
export const serveAccount = (store: Store): Answer =>
  jsonAnswer(200, {
    account: 'Demo CRM',
    user: 'integration@crm.example',
    permissions: ['read', 'write'],
    records: {
      companies: countLive(store, 'companies'),
      contacts: countLive(store, 'contacts'),
      deals: countLive(store, 'deals'),
    },
  });

export const countLive = (store: Store, type: RecordType): number =>
  store.collection(type).count({ order: 'id', includeDeleted: false });
