import { badRequest, unsupported } from '../errors.ts';
import { aggregateValue, plainAggregate, selectedExpressions } from './aggregates.ts';
import type { Expression, Query, Selection } from './ast.ts';
import type { Compiler } from './compiler.ts';
import { arrayJson, isDefined, jsonValue, objectJson, type SqlValue } from './value.ts';

/** The name that an expression's result has when the query gives none. */
export function expressionName(expression: Expression): string | undefined {
  if (expression.kind === 'alias') return expression.name;
  return expression.kind === 'member' && typeof expression.key === 'string' ? expression.key : undefined;
}

/** The names and expressions of a SELECT list. @throws CosmosError 400 when a name is there twice. */
export function namedItems(selection: Selection): [string, Expression][] {
  if (selection.kind !== 'list') return [];
  let unnamed = 0;
  const items = selection.items.map((item): [string, Expression] => [
    item.alias ?? expressionName(item.expression) ?? `$${++unnamed}`,
    item.expression,
  ]);
  if (new Set(items.map(([name]) => name)).size < items.length) {
    throw badRequest('Two items of the SELECT list have the same name.');
  }
  return items;
}

function selected(compiler: Compiler, query: Query): SqlValue {
  const { selection } = query;
  const compile = (expression: Expression): SqlValue => {
    const aggregate = plainAggregate(expression);
    return aggregate === undefined ? compiler.compile(expression) : aggregateValue(compiler, aggregate);
  };
  if (selection.kind === 'value') return compile(selection.expression);
  if (selection.kind === 'list') {
    const entries = namedItems(selection).map(([key, expression]) => ({ key, json: compile(expression).json }));
    return objectJson(entries, compiler.bind);
  }
  const [source, second] = query.sources;
  if (source === undefined || second !== undefined)
    throw badRequest("'SELECT *' is only valid with a single input set.");
  return compiler.compile({ kind: 'alias', name: source.alias, start: 0, end: 0 });
}

/** Whether the rows of a subquery are aggregated to one. @throws CosmosError 400 when only some of its results are. */
function isAggregated(query: Query): boolean {
  const expressions = selectedExpressions(query.selection);
  const count = expressions.filter((expression) => plainAggregate(expression) !== undefined).length;
  if (count > 0 && count < expressions.length) {
    throw badRequest(
      'A property reference in the SELECT list is invalid because it is not contained in an aggregate function or GROUP BY.',
    );
  }
  return count > 0;
}

/** Refuses what subqueries cannot have here, by name. */
function checkClauses(query: Query): void {
  if (query.groupBy.length > 0) throw unsupported('GROUP BY in a subquery');
  if (query.orderBy.length > 0) throw unsupported('ORDER BY in a subquery');
  if (query.limit !== undefined || query.top !== undefined) throw unsupported('TOP or OFFSET LIMIT in a subquery');
}

interface Rows {
  /** `FROM … WHERE …`; empty for a subquery that has neither. */
  readonly tail: string;
  readonly value: SqlValue;
}

/** Compiles a subquery; its aliases are known only within it. */
function rowsOf(compiler: Compiler, query: Query): Rows {
  checkClauses(query);
  const own = query.sources.filter((source) => source.iterated !== undefined || !compiler.isDefinedAlias(source.alias));
  const tables = own.map((source) => compiler.defineIteration(source));
  const conditions = query.where === undefined ? [] : [compiler.condition(query.where, 'truthy')];
  const value = selected(compiler, query);
  if (!isAggregated(query)) conditions.push(isDefined(value));
  for (const source of own) compiler.forget(source.alias);
  const from = tables.length === 0 ? '' : ` FROM ${tables.join(' CROSS JOIN ')}`;
  return { tail: `${from} WHERE ${conditions.length === 0 ? '1' : conditions.join(' AND ')}`, value };
}

/** `EXISTS (subquery)` as a SQLite condition. */
export function existsCondition(compiler: Compiler, query: Query): string {
  return `EXISTS (SELECT 1${rowsOf(compiler, query).tail})`;
}

/** `ARRAY (subquery)`: the results of all rows. */
export function arrayOf(compiler: Compiler, query: Query): SqlValue {
  const { tail, value } = rowsOf(compiler, query);
  const rows = `SELECT ${value.json} AS result${tail}`;
  // Equal objects may be written differently; the first of them stays.
  const results = query.distinct
    ? `SELECT result FROM (SELECT row_number() OVER () AS place, result FROM (${rows})) GROUP BY cosmos_canonical(result) HAVING place = min(place) ORDER BY place`
    : rows;
  return arrayJson(`(SELECT coalesce(group_concat(result, ','), '') FROM (${results}) WHERE result IS NOT NULL)`);
}

/** `(subquery)`: the result of its only row, undefined without one. */
export function scalarOf(compiler: Compiler, query: Query): SqlValue {
  const { tail, value } = rowsOf(compiler, query);
  return jsonValue(`(SELECT cosmos_single(count(*), max(result)) FROM (SELECT ${value.json} AS result${tail}))`);
}
