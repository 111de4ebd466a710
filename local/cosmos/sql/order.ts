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

/** The terms of SQLite's ORDER BY. */
export function orderTerms(keys: readonly CompiledKey[]): string {
  const terms = keys.flatMap((key) => {
    const direction = key.descending ? ' DESC' : '';
    return hasRank(key)
      ? [`${key.value.rank}${direction}`, `${key.value.value}${direction}`]
      : [`${key.value.value}${direction}`];
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

/** All keys in one direction and none of them without a value: a single row comparison, which an index serves. */
function uniformCondition(keys: readonly CompiledKey[], anchor: Anchor, bind: Bind): string {
  if (keys.length === 0) return `d.number > ${bind(anchor.number)}`;
  const left: string[] = [];
  const right: string[] = [];
  keys.forEach((key, index) => {
    const at = anchor.keys[index];
    if (hasRank(key)) {
      left.push(key.value.rank);
      right.push(bind(at?.rank ?? 0));
    }
    left.push(key.value.value);
    right.push(bind(at?.value ?? null));
  });
  return `(${left.join(', ')}, d.number) ${keys[0]?.descending ? '<' : '>'} (${right.join(', ')}, ${bind(anchor.number)})`;
}

/** After the anchor, key by key: beyond it in this key, or equal in this one and after it in the rest. */
function steppedCondition(keys: readonly CompiledKey[], anchor: Anchor, bind: Bind): string {
  let after = `d.number ${numberDescending(keys) ? '<' : '>'} ${bind(anchor.number)}`;
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const key = keys[index];
    const at = anchor.keys[index];
    if (key === undefined || at === undefined) continue;
    const operator = key.descending ? '<' : '>';
    const rank = bind(at.rank);
    const sameRank = `${key.value.rank} = ${rank}`;
    if (at.value === null) {
      after = `(${key.value.rank} ${operator} ${rank} OR (${sameRank} AND ${after}))`;
    } else {
      const value = bind(at.value);
      const { value: sql } = key.value;
      after =
        `(${key.value.rank} ${operator} ${rank} OR (${sameRank} AND (${sql} ${operator} ${value} ` +
        `OR (${sql} = ${value} AND ${after}))))`;
    }
  }
  return after;
}

/** SQL that keeps only the rows after the anchor. */
export function afterAnchor(keys: readonly CompiledKey[], anchor: Anchor, bind: Bind): string {
  if (anchor.keys.length !== keys.length) throw badRequest('The continuation token does not belong to this query.');
  const uniform =
    keys.every((key) => key.descending === keys[0]?.descending) && anchor.keys.every((at) => at.value !== null);
  return uniform ? uniformCondition(keys, anchor, bind) : steppedCondition(keys, anchor, bind);
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
