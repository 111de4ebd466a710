import type { SQLOutputValue } from 'node:sqlite';
import { badRequest } from '../errors.ts';
import { canonicalJson, isJsonObject, type Json, ownProperty, tryParseJson } from '../json.ts';
import type { PartitionScope } from '../partition-key.ts';
import type { Query } from '../sql/ast.ts';
import { type CompiledQuery, compileQuery } from '../sql/compile-query.ts';
import type { QueryParameter } from '../sql/compiler.ts';
import { type Anchor, anchorFrom } from '../sql/order.ts';
import { parseQuery } from '../sql/parser.ts';
import { renderResult } from '../sql/result.ts';
import type { ContainerEntry } from '../store/catalog.ts';
import type { Reader } from '../store/replica.ts';

/** A page ends before its documents exceed this many characters (the service's limit is 4 MB). */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** A query as it came over the wire, parsed. */
export interface QueryRequest {
  readonly text: string;
  readonly query: Query;
  readonly parameters: QueryParameter[];
}

/** What a page may hold, and where it begins. */
export interface PageRequest {
  readonly maxItems: number;
  readonly continuation: string | undefined;
}

/** A page of results as JSON texts. */
export interface Page {
  readonly documents: string[];
  readonly bytes: number;
  readonly continuation: string | undefined;
}

/** Where the next page begins; `left` is what TOP or LIMIT still allow. */
interface Continuation {
  readonly anchor?: Anchor;
  readonly skip?: number;
  readonly left?: number;
}

/** Parses `{ query, parameters }`. @throws CosmosError 400 */
export function parseQueryRequest(body: Json | undefined): QueryRequest {
  const text = ownProperty(body, 'query');
  if (typeof text !== 'string') throw badRequest('The request body must be an object with a query.');
  const given = ownProperty(body, 'parameters') ?? [];
  if (!Array.isArray(given)) throw badRequest('The query parameters must be an array.');
  const parameters = given.map((parameter) => {
    const name = ownProperty(parameter, 'name');
    if (typeof name !== 'string') throw badRequest('Each query parameter needs a name.');
    return { name, value: ownProperty(parameter, 'value') };
  });
  return { text, query: parseQuery(text), parameters };
}

const isCount = (value: Json | undefined): boolean => value === undefined || (typeof value === 'number' && value >= 0);

function isAnchor(value: Json | undefined): boolean {
  const keys = ownProperty(value, 'keys');
  if (typeof ownProperty(value, 'number') !== 'number' || !Array.isArray(keys)) return false;
  return keys.every((key) => {
    const column = ownProperty(key, 'value');
    const isColumn = column === null || typeof column === 'number' || typeof column === 'string';
    return isColumn && typeof ownProperty(key, 'rank') === 'number';
  });
}

function decodeContinuation(token: string | undefined): Continuation {
  if (token === undefined) return {};
  const parsed = tryParseJson(Buffer.from(token, 'base64url').toString())?.value;
  const anchor = ownProperty(parsed, 'anchor');
  const counts = [ownProperty(parsed, 'skip'), ownProperty(parsed, 'left')];
  if (!isJsonObject(parsed) || (anchor !== undefined && !isAnchor(anchor)) || !counts.every(isCount)) {
    throw badRequest('The continuation token is invalid.');
  }
  return parsed as Continuation;
}

const encodeContinuation = (continuation: Continuation): string =>
  Buffer.from(JSON.stringify(continuation)).toString('base64url');

/** Collects results until the page is full. */
class PageBuilder {
  readonly documents: string[] = [];
  bytes = 0;
  readonly #maxItems: number;

  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  /** Adds a result, unless the page has no room for it; a page always has room for one. */
  tryAdd(document: string): boolean {
    const fits =
      this.documents.length === 0 ||
      (this.documents.length < this.#maxItems && this.bytes + document.length <= MAX_PAGE_BYTES);
    if (!fits) return false;
    this.documents.push(document);
    this.bytes += document.length;
    return true;
  }
}

function withLeft(left: number | undefined, used: number): { left?: number } {
  return left === undefined ? {} : { left: left - used };
}

/** Compiles one stretch of the rows after the page before. */
type CompileStretch = (stretch: number) => CompiledQuery;

/** At most `limit` rows, stretch after stretch. */
function* rowsOf(
  reader: Reader,
  first: CompiledQuery,
  compileStretch: CompileStretch,
  limit: number,
  offset: number,
): Generator<SQLOutputValue[]> {
  let left = limit;
  for (let stretch = 0; stretch < first.stretchCount && left > 0; stretch += 1) {
    const { sql, bound } = stretch === 0 ? first : compileStretch(stretch);
    const statement = reader.prepareRows(`${sql} LIMIT ${left} OFFSET ${offset}`);
    for (const row of statement.iterate(...bound) as unknown as Iterable<SQLOutputValue[]>) {
      left -= 1;
      yield row;
    }
  }
}

/** A page of a query whose rows are documents: begins after the anchor of the page before. */
function anchoredPage(
  reader: Reader,
  compiled: CompiledQuery,
  compileStretch: CompileStretch,
  from: Continuation,
  maxItems: number,
): Page {
  const left = from.left ?? compiled.limit;
  const wanted = Math.min(maxItems, left ?? maxItems);
  const skip = from.anchor === undefined ? compiled.offset : 0;
  const page = new PageBuilder(wanted);
  if (wanted === 0) return { documents: [], bytes: 0, continuation: undefined };
  let last: SQLOutputValue[] | undefined;
  // One row more than wanted tells whether there is another page.
  for (const row of rowsOf(reader, compiled, compileStretch, wanted + 1, skip)) {
    const document = renderResult(compiled.selection.root, row);
    if (document === undefined) continue;
    if (page.tryAdd(document)) {
      last = row;
      continue;
    }
    const remaining = withLeft(left, page.documents.length);
    if (last === undefined || remaining.left === 0) break;
    const anchor = anchorFrom(last, compiled.selection.columns.length, compiled.keyCount);
    return { documents: page.documents, bytes: page.bytes, continuation: encodeContinuation({ anchor, ...remaining }) };
  }
  return { documents: page.documents, bytes: page.bytes, continuation: undefined };
}

function distinctKey(document: string): string {
  return document.startsWith('{') || document.startsWith('[') ? canonicalJson(JSON.parse(document) as Json) : document;
}

/** A page of a query whose rows are groups, joins or distinct values: skips what earlier pages returned. */
function skippedPage(reader: Reader, compiled: CompiledQuery, from: Continuation, maxItems: number): Page {
  const left = from.left ?? compiled.limit;
  let skip = from.skip ?? compiled.offset;
  const start = skip;
  const seen = new Set<string>();
  const wanted = Math.min(maxItems, left ?? maxItems);
  const page = new PageBuilder(wanted);
  if (wanted === 0) return { documents: [], bytes: 0, continuation: undefined };
  for (const row of reader.prepareRows(compiled.sql).iterate(...compiled.bound) as unknown as Iterable<
    SQLOutputValue[]
  >) {
    const document = renderResult(compiled.selection.root, row);
    if (document === undefined) continue;
    if (compiled.distinct) {
      const key = distinctKey(document);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    if (skip > 0) {
      skip -= 1;
    } else if (!page.tryAdd(document)) {
      const remaining = withLeft(left, page.documents.length);
      if (remaining.left === 0) break;
      const continuation = encodeContinuation({ skip: start + page.documents.length, ...remaining });
      return { documents: page.documents, bytes: page.bytes, continuation };
    }
  }
  return { documents: page.documents, bytes: page.bytes, continuation: undefined };
}

/** Runs one page of a query. @throws CosmosError 400 */
export function runQuery(
  container: ContainerEntry,
  request: QueryRequest,
  scope: PartitionScope,
  pageRequest: PageRequest,
  reader: Reader = container.database,
): Page {
  const from = decodeContinuation(pageRequest.continuation);
  const compileStretch: CompileStretch = (stretch) => {
    const after = from.anchor === undefined ? undefined : { anchor: from.anchor, stretch };
    return compileQuery(request.query, request.parameters, container, scope, after);
  };
  const compiled = compileStretch(0);
  return compiled.isAnchored
    ? anchoredPage(reader, compiled, compileStretch, from, pageRequest.maxItems)
    : skippedPage(reader, compiled, from, pageRequest.maxItems);
}
