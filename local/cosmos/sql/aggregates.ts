import { badRequest } from '../errors.ts';
import type { Expression, Selection } from './ast.ts';
import type { Compiler } from './compiler.ts';
import { isDefined, jsonValue, type SqlValue, typedValue } from './value.ts';

/** A call of a function. */
type Call = Expression & { readonly kind: 'call' };

/** Functions that stand for a set of rows; they are compiled where the query's result is. */
export const AGGREGATES = new Set(['COUNT', 'SUM', 'MIN', 'MAX', 'AVG']);

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

/** The aggregate calls in an expression; those of its subqueries are theirs. */
export function aggregatesIn(expression: Expression): Call[] {
  if (expression.kind === 'call' && AGGREGATES.has(expression.name)) return [expression];
  return children(expression).flatMap(aggregatesIn);
}

/** The expressions that a selection returns. */
export function selectedExpressions(selection: Selection): Expression[] {
  if (selection.kind === 'star') return [];
  return selection.kind === 'value' ? [selection.expression] : selection.items.map((item) => item.expression);
}

/** The aggregate that an expression is; undefined when it has none. @throws CosmosError 400 when it is more than one. */
export function plainAggregate(expression: Expression): Call | undefined {
  const [aggregate, second] = aggregatesIn(expression);
  if (aggregate === undefined) return undefined;
  if (second !== undefined || aggregate !== expression) {
    throw badRequest('Compositions of aggregates and other expressions are not allowed.');
  }
  return aggregate;
}

/** The value of an aggregate over the rows of a group. @throws CosmosError 400 */
export function aggregateValue(compiler: Compiler, call: Call): SqlValue {
  const [operand] = call.args;
  if (operand === undefined || call.args.length > 1) throw badRequest(`The ${call.name} function requires 1 argument.`);
  if (aggregatesIn(operand).length > 0) throw badRequest('Aggregates cannot be nested.');
  const value = compiler.compile(operand);
  if (call.name === 'COUNT') return typedValue('number', `count(CASE WHEN ${isDefined(value)} THEN 1 END)`);
  if (call.name === 'MIN' || call.name === 'MAX') {
    const plain = `CASE WHEN ${value.rank} = 4 THEN CAST(${value.value} AS REAL) ELSE ${value.value} END`;
    return jsonValue(`cosmos_${call.name.toLowerCase()}(${value.rank}, ${plain}, ${value.json})`);
  }
  // One defined value that is no number makes a sum or an average undefined.
  const others = `count(CASE WHEN ${value.rank} NOT IN (0, 4) THEN 1 END)`;
  const numbers = compiler.as(value, 'number');
  const total = call.name === 'SUM' ? `total(${numbers})` : `avg(${numbers})`;
  return typedValue('number', `CASE WHEN ${others} = 0 THEN ${total} END`);
}
