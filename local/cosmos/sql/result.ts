import type { SQLOutputValue } from 'node:sqlite';
import { badRequest } from '../errors.ts';
import { aggregatesIn, aggregateValue, plainAggregate, selectedExpressions } from './aggregates.ts';
import type { Expression, Query } from './ast.ts';
import type { Compiler } from './compiler.ts';
import { namedItems } from './subquery.ts';
import { isDefined } from './value.ts';

/** How a row of SQLite columns becomes the JSON text of a result; parts that are undefined are left out. */
export type ResultNode =
  | { readonly kind: 'column'; readonly column: number; readonly as: 'json' | 'string' | 'number' | 'boolean' }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, ResultNode])[] }
  | { readonly kind: 'array'; readonly items: readonly ResultNode[] };

/** A selection: the columns SQLite has to return, and how to put them together. */
export interface CompiledSelection {
  readonly columns: readonly string[];
  readonly root: ResultNode;
  /** `SELECT VALUE x`: rows where this is not true have no result. */
  readonly presence: string | undefined;
}

/** An expression's identity: equal for expressions that are written alike, wherever they stand. */
function expressionKey(expression: Expression): string {
  return JSON.stringify(expression, (key, value: unknown) => (key === 'start' || key === 'end' ? undefined : value));
}

/** Compiles what a query returns. */
export class SelectionCompiler {
  readonly #compiler: Compiler;
  readonly #query: Query;
  readonly #groupKeys: ReadonlySet<string>;
  readonly #isGrouped: boolean;
  readonly #columns: string[] = [];

  constructor(compiler: Compiler, query: Query) {
    this.#compiler = compiler;
    this.#query = query;
    this.#groupKeys = new Set(query.groupBy.map(expressionKey));
    const aggregates = selectedExpressions(query.selection).flatMap(aggregatesIn);
    this.#isGrouped = query.groupBy.length > 0 || aggregates.length > 0;
  }

  /** True when rows are groups of documents. */
  get isGrouped(): boolean {
    return this.#isGrouped;
  }

  compile(): CompiledSelection {
    const { selection } = this.#query;
    if (selection.kind === 'star') return this.#star();
    if (selection.kind === 'value') {
      const root = this.#node(selection.expression);
      return { columns: this.#columns, root, presence: this.#presence(selection.expression) };
    }
    const items = namedItems(selection);
    const entries = items.map(([name, expression]): [string, ResultNode] => [name, this.#node(expression)]);
    return { columns: this.#columns, root: { kind: 'object', entries }, presence: undefined };
  }

  #star(): CompiledSelection {
    const [source, second] = this.#query.sources;
    if (source === undefined || second !== undefined)
      throw badRequest("'SELECT *' is only valid with a single input set.");
    if (this.#isGrouped) throw badRequest("'SELECT *' cannot be used with GROUP BY.");
    const value = this.#compiler.compile({ kind: 'alias', name: source.alias, start: 0, end: 0 });
    return { columns: this.#columns, root: this.#column(value.json, 'json'), presence: undefined };
  }

  /** Only expressions that can be undefined need a test; a constructed object or array never is. */
  #presence(expression: Expression): string | undefined {
    if (this.#isGrouped || expression.kind === 'object' || expression.kind === 'array') return undefined;
    return isDefined(this.#compiler.compile(expression));
  }

  #column(sql: string, as: 'json' | 'string' | 'number' | 'boolean'): ResultNode {
    this.#columns.push(sql);
    return { kind: 'column', column: this.#columns.length - 1, as };
  }

  #node(expression: Expression): ResultNode {
    if (expression.kind === 'object') {
      return { kind: 'object', entries: expression.entries.map(({ key, value }) => [key, this.#node(value)]) };
    }
    if (expression.kind === 'array') return { kind: 'array', items: expression.items.map((item) => this.#node(item)) };
    const aggregate = plainAggregate(expression);
    if (aggregate !== undefined) {
      const value = aggregateValue(this.#compiler, aggregate);
      return value.type === 'any' ? this.#column(value.json, 'json') : this.#column(value.value, 'number');
    }
    this.#checkGrouped(expression);
    const value = this.#compiler.compile(expression);
    if (value.type === 'string' || value.type === 'boolean') return this.#column(value.value, value.type);
    if (value.type === 'number') return this.#column(`CAST(${value.value} AS REAL)`, 'number');
    return this.#column(value.json, 'json');
  }

  #checkGrouped(expression: Expression): void {
    if (!this.#isGrouped || expression.kind === 'literal' || expression.kind === 'parameter') return;
    if (this.#groupKeys.has(expressionKey(expression))) return;
    throw badRequest(
      'A property reference in the SELECT list is invalid because it is not contained in an aggregate function or GROUP BY.',
    );
  }
}

function renderColumn(
  value: SQLOutputValue | undefined,
  as: 'json' | 'string' | 'number' | 'boolean',
): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (as === 'json') return String(value);
  return JSON.stringify(as === 'boolean' ? value === 1 : value);
}

/** The JSON text of a result, or undefined when it is undefined. */
export function renderResult(node: ResultNode, row: readonly SQLOutputValue[]): string | undefined {
  if (node.kind === 'column') return renderColumn(row[node.column], node.as);
  if (node.kind === 'array') {
    return `[${node.items
      .map((item) => renderResult(item, row))
      .filter((item) => item !== undefined)
      .join(',')}]`;
  }
  const entries: string[] = [];
  for (const [key, value] of node.entries) {
    const rendered = renderResult(value, row);
    if (rendered !== undefined) entries.push(`${JSON.stringify(key)}:${rendered}`);
  }
  return `{${entries.join(',')}}`;
}
