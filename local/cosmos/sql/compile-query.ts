import { badRequest, unsupported } from '../errors.ts';
import type { PartitionScope } from '../partition-key.ts';
import type { ContainerEntry } from '../store/catalog.ts';
import type { Count, Query } from './ast.ts';
import { Compiler, type QueryParameter } from './compiler.ts';
import {
  type Anchor,
  anchorColumns,
  type CompiledKey,
  checkSortable,
  compileKeys,
  inStretch,
  orderTerms,
  stretchesAfter,
} from './order.ts';
import { pathOf } from './paths.ts';
import { filterShape } from './plan.ts';
import { type CompiledSelection, SelectionCompiler } from './result.ts';

/** A query ready to run: SQL without LIMIT, and how to read its rows. */
export interface CompiledQuery {
  readonly sql: string;
  readonly bound: readonly (string | number | null)[];
  readonly selection: CompiledSelection;
  /** How many sort keys the anchor of a row has. */
  readonly keyCount: number;
  /** How many stretches follow the anchor; 1 without one. */
  readonly stretchCount: number;
  /** True when a page can begin after an anchor: each row is one document. */
  readonly isAnchored: boolean;
  readonly distinct: boolean;
  /** OFFSET, and the smaller of TOP and LIMIT. */
  readonly offset: number;
  readonly limit: number | undefined;
}

/** Whether one partition's answers must still be merged by the client when a query spans partitions. */
export function needsClientPipeline(query: Query, isGrouped: boolean): boolean {
  return (
    query.distinct || isGrouped || query.orderBy.length > 0 || query.top !== undefined || query.limit !== undefined
  );
}

/** The number that TOP, OFFSET or LIMIT has. @throws CosmosError 400 */
export function countOf(compiler: Compiler, count: Count | undefined, clause: string): number | undefined {
  if (count === undefined) return undefined;
  const value = 'literal' in count ? count.literal : compiler.parameter(count.parameter);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw badRequest(`The ${clause} of a query must be a non-negative integer.`);
  }
  return value;
}

/** Makes the container's alias known, and returns the tables of all sources. */
function defineSources(compiler: Compiler, query: Query, table: string): { alias: string; tables: string[] } {
  const document = { kind: 'document', column: 'd.body' } as const;
  const [first, ...rest] = query.sources;
  if (first === undefined) return { alias: '', tables: [] };
  if (first.iterated === undefined) {
    compiler.define(first.alias, document);
    return { alias: first.alias, tables: [table, ...rest.map((source) => compiler.defineIteration(source))] };
  }
  // FROM element IN anyName.path: the name before the path is the container.
  const root = pathOf(first.iterated)?.alias;
  if (root === undefined) throw unsupported('FROM over anything but an array of the item');
  compiler.define(root, document);
  return { alias: root, tables: [table, ...query.sources.map((source) => compiler.defineIteration(source))] };
}

function scopeCondition(scope: PartitionScope, compiler: Compiler): string | undefined {
  if (scope.kind === 'all') {
    const { range } = scope;
    return range && `cosmos_in_range(d.pk, ${compiler.bind(range.min)}, ${compiler.bind(range.max)})`;
  }
  if (scope.kind === 'partition') return `d.pk = ${compiler.bind(scope.key)}`;
  return `d.p${scope.depth} = ${compiler.bind(scope.prefix)}`;
}

function scopeColumn(scope: PartitionScope): string | undefined {
  if (scope.kind === 'all') return undefined;
  return scope.kind === 'partition' ? 'pk' : `p${scope.depth}`;
}

function chooseIndex(
  query: Query,
  keys: readonly CompiledKey[],
  container: ContainerEntry,
  scope: PartitionScope,
  shape: ReturnType<typeof filterShape>,
): string | undefined {
  if (query.sources.length === 0 || (shape.namesId && scope.kind === 'partition')) return undefined;
  // A few named items of a key prefix are found by their ids, whatever else the filter says.
  if (shape.namesId && scope.kind === 'prefix') {
    return container.indexes.indexFor({ scopeColumn: scopeColumn(scope), equalPaths: [['id']], order: [] });
  }
  const order = keys.map(({ path, descending }) => ({ path, descending }));
  return container.indexes.indexFor({
    scopeColumn: scopeColumn(scope),
    equalPaths: shape.equalPaths,
    order,
    searchedPath: shape.searchedPath,
  });
}

function groupTerms(compiler: Compiler, query: Query): string {
  const terms = query.groupBy.flatMap((expression) => {
    const value = compiler.compile(expression);
    return [value.rank, value.value];
  });
  return terms.length === 0 ? '' : ` GROUP BY ${terms.join(', ')}`;
}

/**
 * Compiles a query against a container.
 * @param after where the page before ended, and which of the stretches after it to read; only for anchored queries.
 * @throws CosmosError 400 for what the service refuses and for what this server does not support.
 */
export function compileQuery(
  query: Query,
  parameters: readonly QueryParameter[],
  container: ContainerEntry,
  scope: PartitionScope,
  after: { readonly anchor: Anchor; readonly stretch: number } | undefined,
): CompiledQuery {
  const compiler = new Compiler(parameters);
  const { alias, tables } = defineSources(compiler, query, container.items.table);
  const keys = compileKeys(compiler, query.orderBy);
  checkSortable(keys, container.indexes.policy());
  const selectionCompiler = new SelectionCompiler(compiler, query);
  const selection = selectionCompiler.compile();
  if (selectionCompiler.isGrouped && keys.length > 0)
    throw unsupported('ORDER BY together with GROUP BY or aggregates');
  const isAnchored = !selectionCompiler.isGrouped && !query.distinct && tables.length === 1;
  const shape = filterShape(query.where, alias);
  const stretches = after === undefined ? [] : stretchesAfter(keys, after.anchor, shape.pinnedPaths);
  const stretch = stretches[after?.stretch ?? 0];
  const index = chooseIndex(query, keys, container, scope, shape);
  const grouping = groupTerms(compiler, query);
  const conditions = [
    tables.length === 0 ? undefined : scopeCondition(scope, compiler),
    tables.length === 0 ? undefined : container.items.visibleCondition('d', compiler.bind),
    query.where === undefined ? undefined : compiler.condition(query.where, 'truthy'),
    ...shape.implied.map((expression) => compiler.condition(expression, 'truthy')),
    selection.presence,
    after === undefined || stretch === undefined ? undefined : inStretch(keys, after.anchor, stretch, compiler.bind),
  ].filter((condition) => condition !== undefined);
  // SQLite refuses more values than placeholders, and a constant may have turned out not to matter.
  if (compiler.bound.length > 0) conditions.push(`?${compiler.bound.length} IS ?${compiler.bound.length}`);
  const columns = [...selection.columns, ...(isAnchored ? anchorColumns(keys) : [])];
  const from = tables.map((table, at) =>
    at === 0 ? `${table} AS d${index === undefined ? '' : ` INDEXED BY ${index}`}` : table,
  );
  const sql =
    `SELECT ${columns.length === 0 ? '1' : columns.join(', ')}${from.length === 0 ? '' : ` FROM ${from.join(' CROSS JOIN ')}`}` +
    `${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}${grouping}` +
    `${selectionCompiler.isGrouped || from.length === 0 ? '' : ` ORDER BY ${orderTerms(keys, shape.pinnedPaths, stretch)}`}`;
  const top = countOf(compiler, query.top, 'TOP');
  const limit = countOf(compiler, query.limit, 'LIMIT');
  return {
    sql,
    bound: compiler.bound,
    selection,
    keyCount: keys.length,
    stretchCount: Math.max(1, stretches.length),
    isAnchored,
    distinct: query.distinct,
    offset: countOf(compiler, query.offset, 'OFFSET') ?? 0,
    limit: top === undefined ? limit : Math.min(top, limit ?? top),
  };
}

/** Compiles a condition on one stored document, as patches have it. The document's number is the last placeholder. */
export function compileCondition(where: Query['where'] & object, alias: string, table: string, number: number) {
  const compiler = new Compiler([]);
  compiler.define(alias, { kind: 'document', column: 'd.body' });
  const condition = compiler.condition(where, 'truthy');
  const sql = `SELECT (${condition}) IS TRUE AS holds FROM ${table} AS d WHERE d.number = ${compiler.bind(number)}`;
  return { sql, bound: compiler.bound };
}
