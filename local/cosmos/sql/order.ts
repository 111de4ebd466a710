import type { SQLOutputValue } from 'node:sqlite';
import { badRequest } from '../errors.ts';
import type { CompositePart, IndexingPolicy } from '../store/indexing-policy.ts';
import type { OrderKey } from './ast.ts';
import type { Compiler } from './compiler.ts';
import { pathOf } from './paths.ts';
import type { SqlValue } from './value.ts';

/** One key of a compiled ORDER BY. */
export interface CompiledKey {
  readonly path: readonly (string | number)[];
  readonly value: SqlValue;
  readonly descending: boolean;
}

/** Where a page ended: rank and value of every key of its last row, and the row's number. */
export interface Anchor {
  readonly keys: readonly { readonly rank: number; readonly value: string | number | null }[];
  readonly number: number;
}

/** Compiles ORDER BY: only properties of the item can be sorted by. @throws CosmosError 400 */
export function compileKeys(compiler: Compiler, orderBy: readonly OrderKey[]): CompiledKey[] {
  return orderBy.map(({ expression, descending }) => {
    const found = pathOf(expression);
    if (found === undefined || found.path.length === 0 || compiler.bindingOf(found.alias).kind !== 'document') {
      throw badRequest('Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.');
    }
    return { path: found.path, value: compiler.compile(expression), descending };
  });
}

/** The rank column is left out where the type never varies. */
const hasRank = (key: CompiledKey): boolean => key.value.type === 'any';

/** Rows that tie are in the order of their numbers, in the direction of the first key, so that one index serves both. */
function numberDescending(keys: readonly CompiledKey[]): boolean {
  return keys[0]?.descending ?? false;
}

/** A stretch of the rows after an anchor that one range of an index holds. */
export interface Stretch {
  /** How many keys equal the anchor's. */
  readonly equalKeys: number;
  /** What lies beyond the anchor: the next key's value, its rank, or, with all keys equal, the row's number. */
  readonly beyond: 'value' | 'rank' | 'number';
}

/** Properties that have one type in all rows, as JSON of their paths. */
type PinnedPaths = ReadonlySet<string>;

const isPinned = (key: CompiledKey, pinned: PinnedPaths): boolean =>
  !hasRank(key) || pinned.has(JSON.stringify(key.path));

/**
 * The rows after an anchor as stretches that follow one another: first those that tie with it, then those that differ
 * in the last key, and so on. One condition for all would be a chain of ORs, which no index serves.
 */
export function stretchesAfter(keys: readonly CompiledKey[], anchor: Anchor, pinned: PinnedPaths): Stretch[] {
  if (anchor.keys.length !== keys.length) throw badRequest('The continuation token does not belong to this query.');
  const stretches: Stretch[] = [{ equalKeys: keys.length, beyond: 'number' }];
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const key = keys[index];
    if (key === undefined) continue;
    if (anchor.keys[index]?.value !== null) stretches.push({ equalKeys: index, beyond: 'value' });
    if (!isPinned(key, pinned)) stretches.push({ equalKeys: index, beyond: 'rank' });
  }
  return stretches;
}

/** The terms of SQLite's ORDER BY, without those that are the same in all rows of the stretch. */
export function orderTerms(keys: readonly CompiledKey[], pinned: PinnedPaths, stretch: Stretch | undefined): string {
  const first = stretch?.equalKeys ?? 0;
  const terms = keys.slice(first).flatMap((key, index) => {
    const direction = key.descending ? ' DESC' : '';
    const value = `${key.value.value}${direction}`;
    const isOneRank = isPinned(key, pinned) || (index === 0 && stretch?.beyond === 'value');
    return isOneRank ? [value] : [`${key.value.rank}${direction}`, value];
  });
  terms.push(`d.number${numberDescending(keys) ? ' DESC' : ''}`);
  return terms.join(', ');
}

/** Columns from which `anchorFrom` makes an anchor: the number, then rank and value of every key. */
export function anchorColumns(keys: readonly CompiledKey[]): string[] {
  // Integers beyond 2^53 cannot cross into JavaScript; as doubles they compare the same.
  const plain = (sql: string): string => `CASE typeof(${sql}) WHEN 'integer' THEN CAST(${sql} AS REAL) ELSE ${sql} END`;
  return ['d.number', ...keys.flatMap((key) => [key.value.rank, plain(key.value.value)])];
}

/** The anchor in the columns of a row that begin at `first`. */
export function anchorFrom(row: readonly SQLOutputValue[], first: number, keyCount: number): Anchor {
  const keys = Array.from({ length: keyCount }, (_, index) => ({
    rank: Number(row[first + 1 + index * 2]),
    value: (row[first + 2 + index * 2] ?? null) as string | number | null,
  }));
  return { keys, number: Number(row[first]) };
}

type Bind = (value: string | number | null) => string;

function equalTo(key: CompiledKey, at: Anchor['keys'][number], bind: Bind): string[] {
  const rank = hasRank(key) ? [`${key.value.rank} = ${bind(at.rank)}`] : [];
  return at.value === null ? rank : [...rank, `${key.value.value} = ${bind(at.value)}`];
}

/** SQL that keeps only the rows of a stretch. */
export function inStretch(keys: readonly CompiledKey[], anchor: Anchor, stretch: Stretch, bind: Bind): string {
  const equal = keys.slice(0, stretch.equalKeys).flatMap((key, index) => {
    const at = anchor.keys[index];
    return at === undefined ? [] : equalTo(key, at, bind);
  });
  const key = keys[stretch.equalKeys];
  const at = anchor.keys[stretch.equalKeys];
  if (stretch.beyond === 'number' || key === undefined || at === undefined) {
    return [...equal, `d.number ${numberDescending(keys) ? '<' : '>'} ${bind(anchor.number)}`].join(' AND ');
  }
  const operator = key.descending ? '<' : '>';
  if (stretch.beyond === 'rank') return [...equal, `${key.value.rank} ${operator} ${bind(at.rank)}`].join(' AND ');
  const rank = hasRank(key) ? [`${key.value.rank} = ${bind(at.rank)}`] : [];
  return [...equal, ...rank, `${key.value.value} ${operator} ${bind(at.value)}`].join(' AND ');
}

function isServedBy(keys: readonly CompiledKey[], index: readonly CompositePart[]): boolean {
  if (index.length !== keys.length) return false;
  const flipped = index[0]?.descending !== keys[0]?.descending;
  return index.every(({ path, descending }, at) => {
    const key = keys[at];
    return key !== undefined && key.path.join('\0') === path.join('\0') && (descending !== flipped) === key.descending;
  });
}

/**
 * Sorting by one property needs an index on it; by several, a composite index over exactly these, in these or all
 * opposite directions.
 * @throws CosmosError 400 in the service's words
 */
export function checkSortable(keys: readonly CompiledKey[], policy: IndexingPolicy): void {
  const [first] = keys;
  if (first === undefined) return;
  if (keys.length === 1) {
    if (policy.isIndexed(first.path)) return;
    throw badRequest('The index path corresponding to the specified order-by item is excluded.');
  }
  if (policy.composites.some((index) => isServedBy(keys, index))) return;
  throw badRequest('The order by query does not have a corresponding composite index that it can be served from.');
}
