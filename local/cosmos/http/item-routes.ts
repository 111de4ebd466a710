import { intersection, physicalRanges } from '../effective-key.ts';
import { badRequest, CosmosError, ownerNotFound, unsupported } from '../errors.ts';
import { type BatchReply, isReadOnly, runBatch } from '../operations/batch.ts';
import { changeFeedPage } from '../operations/change-feed.ts';
import { queryCharge, writeCharge } from '../operations/charge.ts';
import { applyOperation, type OperationKind } from '../operations/items.ts';
import { parseQueryRequest, type QueryRequest, runQuery } from '../operations/query.ts';
import { queryPlan } from '../operations/query-plan.ts';
import { fullKeyFromHeader, type PartitionScope, scopeFromHeader } from '../partition-key.ts';
import { aggregatesIn, selectedExpressions } from '../sql/aggregates.ts';
import { needsClientPipeline } from '../sql/compile-query.ts';
import { parseQuery } from '../sql/parser.ts';

import type { Catalog, ContainerEntry } from '../store/catalog.ts';
import type { Reader } from '../store/replica.ts';
import { header, isHeaderTrue, jsonBody, type Reply, type Request } from './message.ts';

const KEY_HEADER = 'x-ms-documentdb-partitionkey';
const RANGE_HEADER = 'x-ms-documentdb-partitionkeyrangeid';
const DEFAULT_PAGE_ITEMS = 100;
/** "As many as fit": the page is then bounded by its bytes. */
const MOST_PAGE_ITEMS = 10_000;

const POINT_OPERATIONS: Record<string, OperationKind> = {
  GET: 'Read',
  PUT: 'Replace',
  DELETE: 'Delete',
  PATCH: 'Patch',
};

/** The container of a request for items. @throws CosmosError 404 with substatus 1003 */
export function owningContainer(catalog: Catalog, request: Request): ContainerEntry {
  try {
    return catalog.findContainer(request.segments[1] ?? '', request.segments[3] ?? '');
  } catch (error) {
    throw error instanceof CosmosError ? ownerNotFound() : error;
  }
}

/** Where a request reads: what its session has written or read is always there. */
function readerFor(container: ContainerEntry, request: Request): Reader {
  const level = header(request, 'x-ms-consistency-level')?.toLowerCase();
  if (level === 'strong' || level === 'boundedstaleness') return container.database;
  const tokens = header(request, 'x-ms-session-token')?.matchAll(/#(\d+)/g) ?? [];
  return container.database.readerFor(Math.max(0, ...[...tokens].map(([, lsn]) => Number(lsn))));
}

/** Headers that let the SDK keep session tokens per container. */
function containerHeaders(
  container: ContainerEntry,
  request: Request,
  { lsn }: Reader = container.database,
): Record<string, string> {
  return {
    'x-ms-session-token': `0:-1#${lsn}`,
    lsn: String(lsn),
    'x-ms-content-path': container.rid,
    'x-ms-alt-content-path': `dbs/${encodeURI(request.segments[1] ?? '')}/colls/${encodeURI(request.segments[3] ?? '')}`,
  };
}

function pointOperation(
  container: ContainerEntry,
  request: Request,
  kind: OperationKind,
  id: string | undefined,
): Reply {
  if (kind !== 'Read') container.database.reserveLsns(1);
  const reader = kind === 'Read' ? readerFor(container, request) : container.database;
  const result = applyOperation(
    {
      kind,
      key: fullKeyFromHeader(header(request, KEY_HEADER), container.partitionKey),
      id,
      body: kind === 'Read' || kind === 'Delete' ? undefined : jsonBody(request),
      ifMatch: header(request, 'if-match'),
      ifNoneMatch: header(request, 'if-none-match'),
      reader,
    },
    container,
  );
  const headers = containerHeaders(container, request, reader);
  if (result.etag !== undefined) headers['etag'] = result.etag;
  return {
    status: result.status,
    charge: result.charge,
    headers,
    ...(result.body === undefined ? {} : { body: result.body }),
  };
}

/** `/dbs/{id}/colls/{id}/docs/{id}` */
export function itemRoute(catalog: Catalog, request: Request): Reply {
  const container = owningContainer(catalog, request);
  const kind = POINT_OPERATIONS[request.method];
  if (kind === undefined) throw unsupported(`${request.method} on an item`);
  return pointOperation(container, request, kind, request.segments[5]);
}

function batch(container: ContainerEntry, request: Request): Reply {
  const body = jsonBody(request);
  const atomic = isHeaderTrue(request, 'x-ms-cosmos-batch-atomic');
  const reader = !atomic && isReadOnly(body) ? readerFor(container, request) : undefined;
  const reply: BatchReply = runBatch(container.database, container, body, request.body.length, {
    atomic,
    continueOnError: isHeaderTrue(request, 'x-ms-cosmos-batch-continue-on-error'),
    keyHeader: header(request, KEY_HEADER),
    withoutContent: header(request, 'prefer')?.toLowerCase() === 'return=minimal',
    budget: request.budget,
    reader,
  });
  return { ...reply, headers: containerHeaders(container, request, reader) };
}

function maxItems(request: Request): number {
  const asked = Number(header(request, 'x-ms-max-item-count') ?? DEFAULT_PAGE_ITEMS);
  if (asked === -1) return MOST_PAGE_ITEMS;
  if (!Number.isInteger(asked) || asked < 1) throw badRequest('The value of x-ms-max-item-count is invalid.');
  return Math.min(asked, MOST_PAGE_ITEMS);
}

/** The partitions of a query or feed: one key, a prefix, or all within a physical partition and a range of it. */
function scopeOf(catalog: Catalog, container: ContainerEntry, request: Request): PartitionScope {
  const id = header(request, RANGE_HEADER) ?? '0';
  const physical = physicalRanges(catalog.partitionCount)[Number(id)];
  if (physical === undefined) throw new CosmosError(410, `The partition key range '${id}' is gone.`, 1002);
  const scope = scopeFromHeader(header(request, KEY_HEADER), container.partitionKey);
  if (scope.kind !== 'all') return scope;
  const asked = { min: header(request, 'x-ms-start-epk') ?? '', max: header(request, 'x-ms-end-epk') ?? 'FF' };
  const range = header(request, RANGE_HEADER) === undefined ? asked : intersection(asked, physical);
  return range.min === '' && range.max === 'FF' ? scope : { kind: 'all', range };
}

/** Without a partition key the service answers what it can, and sends the client the plan for the rest. */
function checkServable(scope: PartitionScope, request: Request, queryRequest: QueryRequest): void {
  const { query } = queryRequest;
  if (scope.kind !== 'all' || header(request, RANGE_HEADER) !== undefined) return;
  const grouped =
    query.groupBy.length > 0 || selectedExpressions(query.selection).some((item) => aggregatesIn(item).length > 0);
  if (!needsClientPipeline(query, grouped)) return;
  throw new CosmosError(
    400,
    'The provided cross partition query can not be directly served by the gateway. This is a first chance (internal) exception that all newer clients will know how to handle gracefully.',
    1004,
    queryPlan(queryRequest),
  );
}

function feedReply(
  container: ContainerEntry,
  request: Request,
  reader: Reader,
  { documents, bytes }: { readonly documents: readonly string[]; readonly bytes: number },
  extra: Record<string, string>,
): Reply {
  return {
    status: 200,
    body: `{"_rid":"${container.rid}","Documents":[${documents.join(',')}],"_count":${documents.length}}`,
    charge: queryCharge(documents.length, bytes),
    headers: { ...containerHeaders(container, request, reader), 'x-ms-item-count': String(documents.length), ...extra },
  };
}

function query(container: ContainerEntry, request: Request, scope: PartitionScope, queryRequest: QueryRequest): Reply {
  checkServable(scope, request, queryRequest);
  const reader = readerFor(container, request);
  const from = { maxItems: maxItems(request), continuation: header(request, 'x-ms-continuation') };
  const page = runQuery(container, queryRequest, scope, from, reader);
  const extra: Record<string, string> =
    page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation };
  return feedReply(container, request, reader, page, extra);
}

function changeFeed(container: ContainerEntry, request: Request, scope: PartitionScope): Reply {
  const reader = readerFor(container, request);
  const wanted = {
    mode: header(request, 'a-im') ?? '',
    scope,
    ifNoneMatch: header(request, 'if-none-match'),
    ifModifiedSince: header(request, 'if-modified-since'),
    maxItems: maxItems(request),
  };
  const page = changeFeedPage(container, wanted, reader);
  if (page.documents.length > 0) return feedReply(container, request, reader, page, { etag: page.etag });
  return { status: 304, charge: 1, headers: { ...containerHeaders(container, request, reader), etag: page.etag } };
}

/** `/dbs/{id}/colls/{id}/docs` */
export function itemsRoute(catalog: Catalog, request: Request): Reply {
  const container = owningContainer(catalog, request);
  if (request.method === 'GET') {
    const scope = scopeOf(catalog, container, request);
    if (header(request, 'a-im') !== undefined) return changeFeed(container, request, scope);
    return query(container, request, scope, { text: '', query: parseQuery('SELECT * FROM c'), parameters: [] });
  }
  if (request.method !== 'POST') throw unsupported(`${request.method} on the items of a container`);
  if (isHeaderTrue(request, 'x-ms-cosmos-is-query-plan-request')) {
    return { status: 200, body: queryPlan(parseQueryRequest(jsonBody(request))), charge: 0 };
  }
  if (isHeaderTrue(request, 'x-ms-documentdb-isquery'))
    return query(container, request, scopeOf(catalog, container, request), parseQueryRequest(jsonBody(request)));
  if (isHeaderTrue(request, 'x-ms-cosmos-is-batch-request')) return batch(container, request);
  const kind = isHeaderTrue(request, 'x-ms-documentdb-is-upsert') ? 'Upsert' : 'Create';
  return pointOperation(container, request, kind, undefined);
}

/** `/dbs/{id}/colls/{id}/operations/partitionkeydelete` */
export function deletePartitionRoute(catalog: Catalog, request: Request): Reply {
  const container = owningContainer(catalog, request);
  if (request.segments[5] !== 'partitionkeydelete' || request.method !== 'POST')
    throw unsupported('This container operation');
  container.items.removePartition(fullKeyFromHeader(header(request, KEY_HEADER), container.partitionKey));
  return { status: 200, body: '{}', charge: writeCharge(0), headers: containerHeaders(container, request) };
}
