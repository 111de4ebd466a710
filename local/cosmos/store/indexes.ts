import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { documentValue } from '../sql/paths.ts';
import { RANK, type SqlValue } from '../sql/value.ts';
import { uniqueKeysOf } from './container-definition.ts';
import type { Database } from './database.ts';
import { type IndexingPolicy, indexingPolicyOf } from './indexing-policy.ts';
import type { ItemStore } from './item-store.ts';

/** Below this many documents a scan is as fast as an index, and every index costs each write. */
const LARGE_TABLE_ROWS = 500;
/** Indexes made for queries, per container. */
const MAX_QUERY_INDEXES = 12;
/** An index that was used within this time is not dropped for another: making them in turns would cost more than scans. */
const INDEX_KEEP_MS = 10 * 60 * 1000;

/** What an index for a query has to cover, from the left: the partitions in scope, equal values, then the sort keys. */
interface IndexShape {
  /** `pk`, `p1`, `p2`, or undefined for queries over all partitions. */
  readonly scopeColumn: string | undefined;
  readonly equalPaths: readonly (readonly (string | number)[])[];
  readonly order: readonly { readonly path: readonly (string | number)[]; readonly descending: boolean }[];
  /** A property whose text the index carries along, so that searching it does not touch the documents. */
  readonly searchedPath?: readonly (string | number)[] | undefined;
}

/** Keeps the SQLite indexes of one container: those its unique keys need, and those its queries ask for. */
export interface IndexKeeper {
  /** The name of an index that serves the shape, made now if need be; undefined when a scan does. */
  indexFor(shape: IndexShape): string | undefined;
  /** The container's indexing policy. */
  policy(): IndexingPolicy;
  /** Takes over a changed indexing policy. */
  usePolicy(container: JsonObject): void;
}

function columnsOf(value: SqlValue, descending: boolean): string[] {
  const direction = descending ? ' DESC' : '';
  return value.type === 'any'
    ? [`${value.rank}${direction}`, `${value.value}${direction}`]
    : [`${value.value}${direction}`];
}

/** The text of a property, written as compiled queries write it: SQLite then finds it in the index. */
function searchedColumns(path: readonly (string | number)[] | undefined): string[] {
  if (path === undefined) return [];
  const { type, rank, value } = documentValue('body', path);
  // The row's number comes first, for rows that tie are in its order.
  return type === 'any' ? ['number', `CASE WHEN ${rank} = ${RANK.string} THEN ${value} END`] : [];
}

function indexColumns(shape: IndexShape): string[] {
  // An index is read in either direction, so the first sort key is always stored ascending.
  const flip = shape.order[0]?.descending ?? false;
  return [
    ...(shape.scopeColumn === undefined ? [] : [shape.scopeColumn]),
    ...shape.equalPaths.flatMap((path) => columnsOf(documentValue('body', path), false)),
    ...shape.order.flatMap(({ path, descending }) => columnsOf(documentValue('body', path), descending !== flip)),
    ...searchedColumns(shape.searchedPath),
  ];
}

function createUniqueIndexes(database: Database, items: ItemStore, container: JsonObject): void {
  uniqueKeysOf(container).forEach((paths, index) => {
    // A missing property counts as null: two documents without it are in each other's way.
    const columns = paths.map((path) => `coalesce(${documentValue('body', path).json}, 'null')`);
    database.execute(
      `CREATE UNIQUE INDEX IF NOT EXISTS ${items.table}_unique${index} ON ${items.table} (pk, ${columns.join(', ')})`,
    );
  });
}

/** Makes the keeper of a container's indexes, and the indexes that its unique keys need. */
export function createIndexKeeper(database: Database, items: ItemStore, container: JsonObject): IndexKeeper {
  createUniqueIndexes(database, items, container);
  let policy = indexingPolicyOf(container);
  let isLarge = false;
  const listed = database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name LIKE '%\\_query\\_%' ESCAPE '\\'",
    )
    .all(items.table);
  // Names with the time of their last use, the least recent first.
  const inUse = new Map(listed.map((row) => [String(row['name']), 0]));
  const sizeProbe = `SELECT count(*) AS rows FROM (SELECT 1 FROM ${items.table} LIMIT ${LARGE_TABLE_ROWS})`;

  /** Whether there is room for one more index; drops one that has not been used for long. */
  const makeRoom = (): boolean => {
    const [oldest] = inUse;
    if (inUse.size < MAX_QUERY_INDEXES || oldest === undefined) return true;
    const [name, lastUse] = oldest;
    if (Date.now() - lastUse < INDEX_KEEP_MS) return false;
    database.execute(`DROP INDEX IF EXISTS ${name}`);
    inUse.delete(name);
    return true;
  };

  return {
    indexFor(shape) {
      isLarge ||= Number(database.prepare(sizeProbe).get()?.['rows']) >= LARGE_TABLE_ROWS;
      const columns = indexColumns(shape).join(', ');
      if (!isLarge || columns === '') return undefined;
      if (columns === 'pk, id') return `${items.table}_key`;
      const name = `${items.table}_query_${createHash('sha1').update(columns).digest('hex').slice(0, 16)}`;
      if (!inUse.delete(name)) {
        if (!makeRoom()) return undefined;
        database.execute(`CREATE INDEX IF NOT EXISTS ${name} ON ${items.table} (${columns})`);
      }
      inUse.set(name, Date.now());
      return name;
    },
    policy: () => policy,
    usePolicy(changed) {
      policy = indexingPolicyOf(changed);
    },
  };
}
