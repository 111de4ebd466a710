import type { ListQuery, Row, UpdatePosition } from './collection.ts';
import type { Answer, CrmRequest } from './exchange.ts';
import type { StruckBy } from './fault-switches.ts';
import { type ListRequest, parseListRequest, writeCursor } from './list-request.ts';
import { Problem } from './problem.ts';
import { idOf, type RecordType } from './record-types.ts';
import type { Store } from './store.ts';

export interface ServedList {
  readonly answer: Answer;
  readonly records: number;
}

let nonce = 0;

/** Answers one page of a list: `{ data, paging: { nextCursor, nextUrl, total } }` and `Link: <...>; rel="next"`. */
export const serveList = (store: Store, type: RecordType, request: CrmRequest, struckBy: StruckBy): ServedList => {
  const listRequest = parseListRequest(type, request.url.searchParams);
  if (struckBy.find('expired-cursor') !== undefined) {
    throw new Problem(410, 'cursor-expired', 'the cursor has expired, begin again without it');
  }
  const equalAt = struckBy.find('equal-timestamps')?.at;
  const equalAtMs = equalAt === undefined ? undefined : Date.parse(equalAt);
  const isEmpty = struckBy.find('empty-page') !== undefined;
  const { rows, hasMore, total } =
    struckBy.find('empty-list') === undefined ? findRows(store, listRequest, equalAtMs) : nothing;
  const shown = isEmpty ? [] : rows;
  const last = isEmpty ? undefined : rows.at(-1);
  const next = hasMore || isEmpty ? nextOf(listRequest, request.url, last, equalAtMs, struckBy) : {};
  const data = shown.map((row) => showRow(store, type, row, equalAtMs)).join(',');
  const paging = JSON.stringify({ nextCursor: next.cursor ?? null, nextUrl: next.url ?? null, total });
  return {
    records: shown.length,
    answer: {
      status: 200,
      body: `{"data":[${data}],"paging":${paging}}`,
      ...(next.url === undefined ? {} : { headers: { link: `<${next.url}>; rel="next"` } }),
    },
  };
};

interface FoundRows {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  readonly total: number;
}

const nothing: FoundRows = { rows: [], hasMore: false, total: 0 };

/** With equal timestamps the order of updates is the order of ids, and "since" means all records or none. */
const findRows = (store: Store, request: ListRequest, equalAtMs: number | undefined): FoundRows => {
  const { paging, sinceMs, createdFromMs, createdToMs, limit, includeDeleted, filters } = request;
  const collection = store.collection(request.type);
  if (equalAtMs !== undefined && sinceMs !== undefined && sinceMs > equalAtMs) {
    return { rows: [], hasMore: false, total: 0 };
  }
  const query: ListQuery = {
    limit,
    includeDeleted,
    ...(filters.length === 0 ? {} : { matches: (row) => store.hasTexts(request.type, row, filters) }),
    ...(createdFromMs === undefined ? {} : { createdFromMs }),
    ...(createdToMs === undefined ? {} : { createdToMs }),
    order: equalAtMs === undefined ? request.order : 'id',
    ...(equalAtMs === undefined && sinceMs !== undefined ? { sinceMs } : {}),
    ...(paging.by === 'cursor'
      ? paging.after === undefined
        ? {}
        : { after: paging.after }
      : { offset: paging.offset }),
  };
  return { ...collection.list(query), total: collection.count(query) };
};

interface Next {
  readonly cursor?: string;
  readonly url?: string;
}

/** The key never goes into the next URL, also where it came in the query: URLs end up in logs. */
const nextOf = (
  request: ListRequest,
  url: URL,
  last: Row | undefined,
  equalAtMs: number | undefined,
  struckBy: StruckBy,
): Next => {
  const { paging } = request;
  const next = new URL(url);
  next.searchParams.delete('api_key');
  if (paging.by !== 'cursor') {
    const offset = paging.offset + (last === undefined ? 0 : request.limit);
    const value = paging.by === 'offset' ? offset : offset / request.limit + 1;
    next.searchParams.set(paging.by, `${value}`);
    return { url: next.href };
  }
  const cursor =
    paging.cursor !== undefined && struckBy.find('repeated-cursor') !== undefined
      ? paging.cursor
      : cursorAfter(request, last, equalAtMs);
  next.searchParams.set('cursor', cursor);
  return { cursor, url: next.href };
};

const cursorAfter = (request: ListRequest, last: Row | undefined, equalAtMs: number | undefined): string => {
  if (last !== undefined) {
    return writeCursor(request, { updatedAtMs: equalAtMs ?? last.updatedAtMs, index: last.index });
  }
  const start: UpdatePosition = { updatedAtMs: request.sinceMs ?? 0, index: -1 };
  const here = request.paging.by === 'cursor' ? request.paging.after : undefined;
  nonce += 1;
  return writeCursor(request, here ?? start, nonce);
};

const showRow = (store: Store, type: RecordType, row: Row, equalAtMs: number | undefined): string => {
  if (row.state === 'deleted') {
    const updatedAt = new Date(equalAtMs ?? row.updatedAtMs).toISOString();
    return JSON.stringify({ id: idOf(type, row.index), deleted: true, updatedAt });
  }
  const body = store.bodyOf(type, row);
  return equalAtMs === undefined
    ? body
    : JSON.stringify({ ...JSON.parse(body), updatedAt: new Date(equalAtMs).toISOString() });
};
