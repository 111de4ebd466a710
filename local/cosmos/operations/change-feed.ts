import type { SQLOutputValue } from 'node:sqlite';
import { badRequest, unsupported } from '../errors.ts';
import type { PartitionScope } from '../partition-key.ts';
import type { ContainerEntry } from '../store/catalog.ts';
import type { Reader } from '../store/replica.ts';
import { MAX_PAGE_BYTES } from './query.ts';

/** What a reader of the change feed asks for. */
export interface ChangeFeedRequest {
  /** `A-IM` */
  readonly mode: string;
  readonly scope: PartitionScope;
  /** Log sequence number after which to go on, quoted, or `*` for now. */
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly maxItems: number;
}

/** A page of changes; `etag` is where the next one begins. */
export interface ChangeFeedPage {
  readonly documents: string[];
  readonly bytes: number;
  readonly etag: string;
}

function startOf(request: ChangeFeedRequest, container: ContainerEntry): number {
  if (request.ifNoneMatch === undefined || request.ifNoneMatch === '') return 0;
  if (request.ifNoneMatch === '*') return container.database.lsn;
  const lsn = /^"(\d+)"$/.exec(request.ifNoneMatch)?.[1];
  if (lsn === undefined) throw badRequest('The change feed continuation in If-None-Match is invalid.');
  return Number(lsn);
}

/** Unix seconds from which changes are wanted; 0 for all. A continuation says it better. */
function startTime(request: ChangeFeedRequest): number {
  if (request.ifModifiedSince === undefined || request.ifNoneMatch !== undefined) return 0;
  const time = Date.parse(request.ifModifiedSince);
  if (Number.isNaN(time)) throw badRequest('The date in If-Modified-Since is invalid.');
  return Math.floor(time / 1000);
}

function scopeTest(scope: PartitionScope): { sql: string; bound: string[] } {
  if (scope.kind === 'all') {
    const { range } = scope;
    return range === undefined
      ? { sql: '', bound: [] }
      : { sql: ' AND cosmos_in_range(pk, ?, ?)', bound: [range.min, range.max] };
  }
  if (scope.kind === 'partition') return { sql: ' AND pk = ?', bound: [scope.key] };
  return { sql: ` AND p${scope.depth} = ?`, bound: [scope.prefix] };
}

/**
 * The latest versions of changed documents, in commit order. Writes are made by one thread and numbered as they are
 * made, so no write with a smaller number can appear later: there are no gaps.
 * @throws CosmosError 400
 */
export function changeFeedPage(
  container: ContainerEntry,
  request: ChangeFeedRequest,
  reader: Reader = container.database,
): ChangeFeedPage {
  if (request.mode.toLowerCase() !== 'incremental feed') throw unsupported(`The change feed mode '${request.mode}'`);
  const scope = scopeTest(request.scope);
  const after = startOf(request, container);
  const now = container.items.defaultTtlSeconds === undefined ? 0 : Date.now();
  const statement = reader.prepareRows(
    `SELECT lsn, body FROM ${container.items.table}
     WHERE lsn > ? AND ts >= ? AND (expires IS NULL OR expires > ?)${scope.sql} ORDER BY lsn LIMIT ?`,
  );
  const documents: string[] = [];
  let bytes = 0;
  let last: number | undefined;
  const bound = [after, startTime(request), now, ...scope.bound, request.maxItems];
  for (const [lsn, body] of statement.iterate(...bound) as unknown as Iterable<SQLOutputValue[]>) {
    const text = String(body);
    if (documents.length > 0 && bytes + text.length > MAX_PAGE_BYTES) break;
    // The service adds the log sequence number to documents of the feed.
    documents.push(`${text.slice(0, -1)},"_lsn":${Number(lsn)}}`);
    bytes += text.length;
    last = Number(lsn);
  }
  // Nothing new up to now: the next reader starts from here, also when it had asked from a time.
  return { documents, bytes, etag: `"${last ?? Math.max(after, reader.lsn)}"` };
}
