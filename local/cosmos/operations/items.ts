import { type Draft, draftFromValue } from '../document.ts';
import { badRequest, notFound, partitionKeyMismatch, preconditionFailed } from '../errors.ts';
import type { Json } from '../json.ts';
import { etagOf } from '../resource-id.ts';
import type { ContainerEntry } from '../store/catalog.ts';
import type { Row } from '../store/item-store.ts';
import type { Reader } from '../store/replica.ts';
import { readCharge, writeCharge } from './charge.ts';
import { applyPatch, parsePatch } from './patch.ts';
import { conditionHolds } from './patch-condition.ts';

/** The kinds of operation on one item, as batches name them. */
export type OperationKind = 'Create' | 'Upsert' | 'Read' | 'Replace' | 'Delete' | 'Patch';

/** One operation on one item, wherever it came from: a request of its own, a bulk request or a batch. */
export interface ItemOperation {
  readonly kind: OperationKind;
  /** Canonical partition key that the client named. */
  readonly key: string;
  /** Id the client named; for Create and Upsert it is in the body. */
  readonly id: string | undefined;
  /** Parsed body: the document, or the patch. */
  readonly body: Json | undefined;
  /** `If-Match`: a quoted ETag or `*`. */
  readonly ifMatch: string | undefined;
  /** `If-None-Match`: a quoted ETag or `*`. */
  readonly ifNoneMatch: string | undefined;
  /** Where a Read reads; absent sees every write. */
  readonly reader?: Reader;
}

/** What the client gets for an operation; `body` is the stored text of the document. */
export interface OperationResult {
  readonly status: number;
  readonly body: string | undefined;
  readonly etag: string | undefined;
  readonly charge: number;
}

/** Whether the version with this log sequence number has the ETag that a header names. */
function matches(condition: string, row: Row): boolean {
  return condition === '*' || condition === etagOf(row.lsn);
}

function checkIfMatch(operation: ItemOperation, row: Row): void {
  if (operation.ifMatch !== undefined && !matches(operation.ifMatch, row)) throw preconditionFailed();
}

function draftOf(operation: ItemOperation, container: ContainerEntry): Draft {
  const draft = draftFromValue(operation.body, container.partitionKey);
  if (draft.key !== operation.key) throw partitionKeyMismatch();
  return draft;
}

function idOf(operation: ItemOperation): string {
  if (operation.id === undefined) throw badRequest(`The operation ${operation.kind} needs an id.`);
  return operation.id;
}

function existing(operation: ItemOperation, container: ContainerEntry): Row {
  const row = container.items.find(operation.key, idOf(operation), operation.reader);
  if (row === undefined) throw notFound('Resource Not Found.');
  return row;
}

function written(status: number, result: { body: string; etag: string }): OperationResult {
  return { status, body: result.body, etag: result.etag, charge: writeCharge(result.body.length) };
}

function create(operation: ItemOperation, container: ContainerEntry): OperationResult {
  return written(201, container.items.insert(draftOf(operation, container)));
}

function upsert(operation: ItemOperation, container: ContainerEntry): OperationResult {
  const draft = draftOf(operation, container);
  const row = container.items.find(draft.key, draft.id);
  // If-Match is ignored when there is nothing to match: the service then inserts.
  if (row === undefined) return written(201, container.items.insert(draft));
  checkIfMatch(operation, row);
  if (operation.ifNoneMatch !== undefined && matches(operation.ifNoneMatch, row)) throw preconditionFailed();
  return written(200, container.items.update(row, draft));
}

function read(operation: ItemOperation, container: ContainerEntry): OperationResult {
  const row = existing(operation, container);
  const etag = etagOf(row.lsn);
  const charge = readCharge(row.body.length);
  if (operation.ifNoneMatch !== undefined && matches(operation.ifNoneMatch, row)) {
    return { status: 304, body: undefined, etag, charge };
  }
  return { status: 200, body: row.body, etag, charge };
}

function replace(operation: ItemOperation, container: ContainerEntry): OperationResult {
  const row = existing(operation, container);
  checkIfMatch(operation, row);
  const draft = draftOf(operation, container);
  if (draft.id !== operation.id) throw badRequest('The id of a document cannot be changed.');
  return written(200, container.items.update(row, draft));
}

function remove(operation: ItemOperation, container: ContainerEntry): OperationResult {
  const row = existing(operation, container);
  checkIfMatch(operation, row);
  container.items.remove(row);
  return { status: 204, body: undefined, etag: undefined, charge: writeCharge(row.body.length) };
}

function patch(operation: ItemOperation, container: ContainerEntry): OperationResult {
  const { operations, condition } = parsePatch(operation.body, container.partitionKey);
  const row = existing(operation, container);
  checkIfMatch(operation, row);
  if (condition !== undefined && !conditionHolds(container, row, condition)) throw preconditionFailed();
  const draft = draftFromValue(applyPatch(row.body, operations), container.partitionKey);
  return written(200, container.items.update(row, draft));
}

const ACTIONS: Record<OperationKind, (operation: ItemOperation, container: ContainerEntry) => OperationResult> = {
  Create: create,
  Upsert: upsert,
  Read: read,
  Replace: replace,
  Delete: remove,
  Patch: patch,
};

/** True for the name of an operation kind. */
export function isOperationKind(name: unknown): name is OperationKind {
  return typeof name === 'string' && Object.hasOwn(ACTIONS, name);
}

/**
 * Applies one operation; a single SQLite statement writes, so it is atomic by itself.
 * The caller has reserved a log sequence number.
 * @throws CosmosError with the status that the client gets.
 */
export function applyOperation(operation: ItemOperation, container: ContainerEntry): OperationResult {
  return ACTIONS[operation.kind](operation, container);
}
