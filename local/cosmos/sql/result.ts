import type { SQLOutputValue } from 'node:sqlite';
import { badRequest, unsupported } from '../errors.ts';
import type { Expression, Query, Selection } from './ast.ts';
import type { Compiler } from './compiler.ts';
import { AGGREGATES } from './functions.ts';
import { isDefined, type SqlValue } from './value.ts';

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

function children(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'binary':
      return [expression.left, expression.right];
    case 'unary':
      return [expression.operand];
    case 'conditional':
      return [expression.test, expression.then, expression.else];
    case 'call':
      return expression.args;
    case 'array':
      return expression.items;
    case 'object':
      return expression.entries.map((entry) => entry.value);
    case 'member':
      return [expression.object];
    default:
      return [];
  }
}

/** The aggregate calls in an expression. */
export function aggregatesIn(expression: Expression): (Expression & { kind: 'call' })[] {
  if (expression.kind === 'call' && AGGREGATES.has(expression.name)) return [expression];
  return children(expression).flatMap(aggregatesIn);
}

/** The expressions that a selection returns. */
export function selectedExpressions(selection: Selection): Expression[] {
  if (selection.kind === 'star') return [];
  return selection.kind === 'value' ? [selection.expression] : selection.items.map((item) => item.expression);
}

/** SQL of an aggregate over the rows of a group; NULL stands for undefined. */
function compileAggregate(
  compiler: Compiler,
  call: Expression & { kind: 'call' },
): SqlValue & { as: 'json' | 'number' } {
  const [operand] = call.args;
  if (operand === undefined || call.args.length > 1) throw badRequest(`The ${call.name} function requires 1 argument.`);
  if (aggregatesIn(operand).length > 0) throw badRequest('Aggregates cannot be nested.');
  const value = compiler.compile(operand);
  const number = (sql: string) => ({ type: 'number' as const, rank: '', value: sql, json: '', as: 'number' as const });
  if (call.name === 'COUNT') return number(`count(CASE WHEN ${isDefined(value)} THEN 1 END)`);
  if (call.name === 'MIN' || call.name === 'MAX') {
    const plain = `CASE WHEN ${value.rank} = 4 THEN CAST(${value.value} AS REAL) ELSE ${value.value} END`;
    const sql = `cosmos_${call.name.toLowerCase()}(${value.rank}, ${plain}, ${value.json})`;
    return { type: 'any', rank: '', value: '', json: sql, as: 'json' };
  }
  // One defined value that is no number makes a sum or an average undefined.
  const others = `count(CASE WHEN ${value.rank} NOT IN (0, 4) THEN 1 END)`;
  const numbers = compiler.as(value, 'number');
  const total = call.name === 'SUM' ? `total(${numbers})` : `avg(${numbers})`;
  return number(`CASE WHEN ${others} = 0 THEN ${total} END`);
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
    let unnamed = 0;
    const entries = selection.items.map((item): [string, ResultNode] => {
      const name = item.alias ?? expressionName(item.expression) ?? `$${++unnamed}`;
      return [name, this.#node(item.expression)];
    });
    const names = new Set(entries.map(([name]) => name));
    if (names.size < entries.length) throw badRequest('Two items of the SELECT list have the same name.');
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
    if (expression.kind === 'call' && AGGREGATES.has(expression.name)) {
      const aggregate = compileAggregate(this.#compiler, expression);
      return this.#column(aggregate.as === 'json' ? aggregate.json : aggregate.value, aggregate.as);
    }
    if (aggregatesIn(expression).length > 0) throw unsupported('An expression around an aggregate');
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

/** The name that an expression's result has when the query gives none. */
export function expressionName(expression: Expression): string | undefined {
  if (expression.kind === 'alias') return expression.name;
  return expression.kind === 'member' && typeof expression.key === 'string' ? expression.key : undefined;
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
