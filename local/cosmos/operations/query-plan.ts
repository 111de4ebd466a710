import { plainAggregate, selectedExpressions } from '../sql/aggregates.ts';
import type { Expression, Query } from '../sql/ast.ts';
import { countOf } from '../sql/compile-query.ts';
import { Compiler } from '../sql/compiler.ts';
import { sourceOf } from '../sql/parser.ts';
import { namedItems } from '../sql/subquery.ts';
import type { QueryRequest } from './query.ts';

/** The names the SDK's pipeline knows aggregates by. */
const AGGREGATE_NAMES: Record<string, string> = { COUNT: 'Count', SUM: 'Sum', MIN: 'Min', MAX: 'Max', AVG: 'Average' };

/** The SDK puts its resume filter in place of this. */
const FILTER_PLACEHOLDER = '{documentdb-formattableorderbyquery-filter}';

/** How the SDK merges the answers of several partitions. */
interface QueryInfo {
  distinctType: 'None' | 'Ordered' | 'Unordered';
  top?: number;
  offset?: number;
  limit?: number;
  orderBy: string[];
  orderByExpressions: string[];
  groupByExpressions: string[];
  groupByAliases: string[];
  aggregates: string[];
  groupByAliasToAggregateType: Record<string, string | null>;
  rewrittenQuery: string;
  hasSelectValue: boolean;
  hasNonStreamingOrderBy: boolean;
}

/** An aggregate in the form from which partitions' answers can be put together. */
function partialAggregate(text: string, call: Expression & { kind: 'call' }): string {
  const operand = call.args.map((argument) => sourceOf(text, argument)).join(', ');
  if (call.name === 'AVG') return `{"item": {"sum": SUM(${operand}), "count": COUNT(${operand})}}`;
  if (call.name === 'MIN' || call.name === 'MAX') {
    const name = call.name.toLowerCase();
    return `{"item": ${call.name}(${operand}), "item2": {"${name}": ${call.name}(${operand}), "count": COUNT(${operand})}}`;
  }
  return `{"item": ${call.name}(${operand})}`;
}

function selectedItem(text: string, expression: Expression): string {
  const aggregate = plainAggregate(expression);
  return aggregate === undefined ? sourceOf(text, expression) : partialAggregate(text, aggregate);
}

/** The selection as one expression. */
function payload(request: QueryRequest): string {
  const { query, text } = request;
  if (query.selection.kind === 'star') return query.sources[0]?.alias ?? '';
  if (query.selection.kind === 'value') {
    const item = selectedItem(text, query.selection.expression);
    return plainAggregate(query.selection.expression) === undefined ? item : `[${item}]`;
  }
  return `{${namedItems(request.query.selection)
    .map(([name, value]) => `${JSON.stringify(name)}: ${selectedItem(text, value)}`)
    .join(', ')}}`;
}

function tail({ query, text }: QueryRequest, withFilter: boolean): string {
  const from = query.fromSpan === undefined ? '' : ` ${sourceOf(text, query.fromSpan)}`;
  const filters = query.where === undefined ? [] : [`(${sourceOf(text, query.where)})`];
  if (withFilter) filters.push(`(${FILTER_PLACEHOLDER})`);
  return `${from}${filters.length === 0 ? '' : ` WHERE ${filters.join(' AND ')}`}`;
}

const itemList = (text: string, expressions: readonly Expression[]): string =>
  `[${expressions.map((expression) => `{"item": ${sourceOf(text, expression)}}`).join(', ')}]`;

function rewrite(request: QueryRequest, info: QueryInfo): string {
  const { query, text } = request;
  const distinct = query.distinct ? 'DISTINCT ' : '';
  const top = info.top === undefined ? '' : `TOP ${info.top} `;
  const paging = info.limit === undefined ? '' : ` OFFSET 0 LIMIT ${(info.offset ?? 0) + info.limit}`;
  if (query.groupBy.length > 0) {
    const keys = query.groupBy.map((expression) => sourceOf(text, expression)).join(', ');
    return `SELECT ${itemList(text, query.groupBy)} AS groupByItems, ${payload(request)} AS payload${tail(request, false)} GROUP BY ${keys}`;
  }
  if (info.aggregates.length > 0) return `SELECT VALUE ${payload(request)}${tail(request, false)}`;
  if (query.orderBy.length > 0) {
    const alias = query.sources[0]?.alias ?? '';
    const keys = query.orderBy.map(({ expression }) => expression);
    const order = query.orderBy.map((key) => `${sourceOf(text, key.expression)} ${key.descending ? 'DESC' : 'ASC'}`);
    const columns = `${alias}._rid, ${itemList(text, keys)} AS orderByItems, ${payload(request)} AS payload`;
    return `SELECT ${distinct}${top}${columns}${tail(request, true)} ORDER BY ${order.join(', ')}${paging}`;
  }
  return paging === ''
    ? ''
    : `SELECT ${distinct}${sourceOf(text, query.selectionSpan)}${tail(request, false)}${paging}`;
}

function distinctType(query: Query): QueryInfo['distinctType'] {
  if (!query.distinct) return 'None';
  return query.orderBy.length > 0 ? 'Ordered' : 'Unordered';
}

/** The plan of a query: how its answers from several partitions are merged. @throws CosmosError 400 */
export function queryPlan(request: QueryRequest): string {
  const { query, text, parameters } = request;
  const compiler = new Compiler(parameters);
  const isValue = query.selection.kind === 'value';
  const aggregates = selectedExpressions(query.selection)
    .map(plainAggregate)
    .filter((call) => call !== undefined);
  const aliases = query.groupBy.length > 0 ? namedItems(request.query.selection) : [];
  const top = countOf(compiler, query.top, 'TOP');
  const offset = countOf(compiler, query.offset, 'OFFSET');
  const limit = countOf(compiler, query.limit, 'LIMIT');
  const info: QueryInfo = {
    distinctType: distinctType(query),
    ...(top === undefined ? {} : { top }),
    ...(offset === undefined ? {} : { offset }),
    ...(limit === undefined ? {} : { limit }),
    orderBy: query.orderBy.map((key) => (key.descending ? 'Descending' : 'Ascending')),
    orderByExpressions: query.orderBy.map((key) => sourceOf(text, key.expression)),
    groupByExpressions: query.groupBy.map((expression) => sourceOf(text, expression)),
    groupByAliases: aliases.map(([name]) => name),
    aggregates:
      query.groupBy.length > 0 && !isValue ? [] : aggregates.map((call) => AGGREGATE_NAMES[call.name] ?? call.name),
    groupByAliasToAggregateType: Object.fromEntries(
      aliases.map(([name, expression]) => [name, AGGREGATE_NAMES[plainAggregate(expression)?.name ?? ''] ?? null]),
    ),
    rewrittenQuery: '',
    hasSelectValue: isValue,
    hasNonStreamingOrderBy: false,
  };
  info.rewrittenQuery = rewrite(request, info);
  return JSON.stringify({
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: info,
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  });
}
