import type { UpdatePosition } from './collection.ts';
import { Problem } from './problem.ts';
import { RECORD_TYPES, type RecordType } from './record-types.ts';

const MAXIMUM_LIMIT = 1000;
const DEFAULT_LIMIT = 100;

/** What a list request asks for, whichever way it pages. */
export interface ListRequest {
  readonly type: RecordType;
  readonly order: 'id' | 'updatedAt';
  readonly sinceMs?: number;
  /** Only records created at this time or later; it goes along with a cursor. */
  readonly createdFromMs?: number;
  /** Only records created before this time; it goes along with a cursor. */
  readonly createdToMs?: number;
  readonly includeDeleted: boolean;
  /** Only records that have these texts at these dotted paths; they go along with a cursor. */
  readonly filters: readonly FieldFilter[];
  readonly limit: number;
  readonly paging:
    | { readonly by: 'cursor'; readonly after?: UpdatePosition; readonly cursor?: string }
    | { readonly by: 'offset' | 'page'; readonly offset: number };
}

export interface FieldFilter {
  readonly path: string;
  readonly text: string;
}

const FILTER_PREFIX = 'filter.';

const PARAMETERS = [
  'limit',
  'cursor',
  'offset',
  'page',
  'modifiedSince',
  'createdFrom',
  'createdTo',
  'sort',
  'includeDeleted',
  'api_key',
];

/**
 * Reads the query of a list request. A cursor carries the query that it belongs to, so that it can be sent alone; sent
 * along, the other parameters must be the same. Throws a 400 problem that names the parameter.
 */
export const parseListRequest = (type: RecordType, query: URLSearchParams): ListRequest => {
  for (const name of query.keys()) {
    if (!PARAMETERS.includes(name) && !name.startsWith(FILTER_PREFIX)) {
      throw new Problem(400, 'unknown-parameter', `there is no parameter "${name}"`);
    }
  }
  const limit = readWholeNumber(query, 'limit', 1, MAXIMUM_LIMIT) ?? DEFAULT_LIMIT;
  const given = readQuery(query);
  const created = { ...readCreated(query), filters: readFilters(query) };
  const cursor = query.get('cursor');
  const offset = readWholeNumber(query, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const page = readWholeNumber(query, 'page', 1, 1_000_000_000);
  if ([cursor ?? undefined, offset, page].filter((value) => value !== undefined).length > 1) {
    throw new Problem(400, 'invalid-parameter', 'use one of cursor, offset and page');
  }
  if (cursor !== null) {
    return { type, limit, ...created, ...continueQuery(type, cursor, given) };
  }
  const { order = given.sinceMs === undefined ? 'id' : 'updatedAt', includeDeleted = false, ...since } = given;
  if (order === 'id' && given.sinceMs !== undefined) {
    throw new Problem(400, 'invalid-parameter', 'with modifiedSince, sort must be updatedAt');
  }
  const paging =
    offset === undefined && page === undefined
      ? ({ by: 'cursor' } as const)
      : page === undefined
        ? ({ by: 'offset', offset: offset ?? 0 } as const)
        : ({ by: 'page', offset: (page - 1) * limit } as const);
  return { type, limit, order, includeDeleted, ...since, ...created, paging };
};

interface GivenQuery {
  readonly order?: 'id' | 'updatedAt';
  readonly sinceMs?: number;
  readonly includeDeleted?: boolean;
}

const readCreated = (query: URLSearchParams): Pick<ListRequest, 'createdFromMs' | 'createdToMs'> => {
  const from = query.get('createdFrom');
  const to = query.get('createdTo');
  return {
    ...(from === null ? {} : { createdFromMs: readTime('createdFrom', from) }),
    ...(to === null ? {} : { createdToMs: readTime('createdTo', to) }),
  };
};

const readFilters = (query: URLSearchParams): readonly FieldFilter[] =>
  [...query]
    .filter(([name]) => name.startsWith(FILTER_PREFIX))
    .map(([name, text]) => ({ path: name.slice(FILTER_PREFIX.length), text }));

const readQuery = (query: URLSearchParams): GivenQuery => {
  const sort = query.get('sort');
  if (sort !== null && sort !== 'id' && sort !== 'updatedAt') {
    throw new Problem(400, 'invalid-parameter', 'sort must be id or updatedAt');
  }
  const includeDeleted = query.get('includeDeleted');
  if (includeDeleted !== null && includeDeleted !== 'true' && includeDeleted !== 'false') {
    throw new Problem(400, 'invalid-parameter', 'includeDeleted must be true or false');
  }
  const since = query.get('modifiedSince');
  return {
    ...(sort === null ? {} : { order: sort }),
    ...(includeDeleted === null ? {} : { includeDeleted: includeDeleted === 'true' }),
    ...(since === null ? {} : { sinceMs: readTime('modifiedSince', since) }),
  };
};

const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

const readTime = (name: string, text: string): number => {
  // A plus sign that was not escaped in the URL has become a blank.
  const timeMs = ISO_TIME.test(text.replace(' ', '+')) ? Date.parse(text.replace(' ', '+')) : Number.NaN;
  if (Number.isNaN(timeMs)) {
    throw new Problem(400, 'invalid-parameter', `${name} must be a time like 2026-01-31T12:00:00.000Z`);
  }
  return timeMs;
};

const readWholeNumber = (
  query: URLSearchParams,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined => {
  const text = query.get(name);
  if (text === null) {
    return;
  }
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum)) {
    throw new Problem(400, 'invalid-parameter', `${name} must be a whole number from ${minimum} to ${maximum}`);
  }
  return value;
};

/** `[type, order, sinceMs, includeDeleted, updatedAtMs, index]`; a nonce may follow. */
type CursorParts = readonly [RecordType, 'id' | 'updatedAt', number | null, boolean, number, number];

/** The cursor for what comes after a position; different nonces give different cursors to the same position. */
export const writeCursor = (request: ListRequest, after: UpdatePosition, nonce?: number): string => {
  const parts: CursorParts = [
    request.type,
    request.order,
    request.sinceMs ?? null,
    request.includeDeleted,
    after.updatedAtMs,
    after.index,
  ];
  return Buffer.from(JSON.stringify(nonce === undefined ? parts : [...parts, nonce])).toString('base64url');
};

const continueQuery = (
  type: RecordType,
  cursor: string,
  given: GivenQuery,
): Omit<ListRequest, 'type' | 'limit' | 'filters'> => {
  const [cursorType, order, sinceMs, includeDeleted, updatedAtMs, index] = readCursor(cursor);
  const isSame =
    cursorType === type &&
    (given.order ?? order) === order &&
    (given.sinceMs ?? sinceMs) === sinceMs &&
    (given.includeDeleted ?? includeDeleted) === includeDeleted;
  if (!isSame) {
    throw new Problem(400, 'invalid-cursor', 'the cursor belongs to another query');
  }
  const after = { updatedAtMs, index };
  return { order, includeDeleted, ...(sinceMs === null ? {} : { sinceMs }), paging: { by: 'cursor', after, cursor } };
};

const readCursor = (cursor: string): CursorParts => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (isCursorParts(parts)) {
      return parts;
    }
  } catch {
    // Not JSON: as invalid as JSON of another shape.
  }
  throw new Problem(400, 'invalid-cursor', 'the cursor is not one of this API');
};

const isCursorParts = (parts: unknown): parts is CursorParts => {
  if (!Array.isArray(parts)) {
    return false;
  }
  const [type, order, sinceMs, includeDeleted, updatedAtMs, index]: unknown[] = parts;
  return (
    RECORD_TYPES.some((known) => known === type) &&
    (order === 'id' || order === 'updatedAt') &&
    (sinceMs === null || Number.isFinite(sinceMs)) &&
    typeof includeDeleted === 'boolean' &&
    Number.isFinite(updatedAtMs) &&
    Number.isSafeInteger(index)
  );
};
