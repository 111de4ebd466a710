import { type Answer, type CrmRequest, jsonAnswer, readJson } from './exchange.ts';
import type { StruckBy } from './fault-switches.ts';
import { Problem } from './problem.ts';
import type { RecordType } from './record-types.ts';
import type { Store } from './store.ts';
import {
  type Condition,
  findRow,
  isNamedBy,
  show,
  type WriteParts,
  type Written,
  writeRecord,
} from './write-record.ts';

interface Circumstances {
  readonly struckBy: StruckBy;
  readonly nowMs: number;
}

/** Answers `POST /v1/{type}`. */
export const serveCreate = (
  parts: WriteParts,
  type: RecordType,
  request: CrmRequest,
  circumstances: Circumstances,
): Answer => {
  const idempotencyKey = headerOf(request, 'idempotency-key');
  const write = { kind: 'create', body: readJson(request), idempotencyKey } as const;
  return answerWritten(201, writeRecord(parts, type, write, circumstances));
};

/** Answers `GET`, `PATCH` and `DELETE` of `/v1/{type}/{id}`. */
export const serveRecord = (
  parts: WriteParts,
  { type, id }: { readonly type: RecordType; readonly id: string },
  request: CrmRequest,
  circumstances: Circumstances,
): Answer => {
  const condition = conditionOf(request);
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      const found = show(parts.store, type, findRow(parts.store, type, id));
      const { etag } = found.shown;
      return isNamedBy(request.headers['if-none-match'], etag)
        ? { status: 304, headers: { etag } }
        : answerWritten(200, found);
    }
    case 'PATCH': {
      const write = { kind: 'update', id, body: readJson(request), condition } as const;
      return answerWritten(200, writeRecord(parts, type, write, circumstances));
    }
    case 'DELETE':
      writeRecord(parts, type, { kind: 'delete', id, condition }, circumstances);
      return { status: 204 };
    default:
      throw new Problem(405, 'method-not-allowed', `${request.method} is not for records`, {
        allow: 'GET, HEAD, PATCH, DELETE',
      });
  }
};

const headerOf = (request: CrmRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const conditionOf = (request: CrmRequest): Condition => ({
  ifMatch: headerOf(request, 'if-match'),
  ifUnmodifiedSince: headerOf(request, 'if-unmodified-since'),
});

const answerWritten = (status: number, { shown }: Written): Answer =>
  shown === undefined ? { status: 204 } : { status, headers: { etag: shown.etag }, body: shown.body };

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
