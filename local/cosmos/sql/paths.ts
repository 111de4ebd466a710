import type { Json } from '../json.ts';
import type { Expression } from './ast.ts';
import { definedValue, type SqlValue, valueAtPath } from './value.ts';

/** A property path below an alias. */
export interface AliasPath {
  readonly alias: string;
  readonly path: readonly (string | number)[];
}

/** The alias and path of `c.a["b"][0]`, or undefined for anything else. */
export function pathOf(expression: Expression): AliasPath | undefined {
  if (expression.kind === 'alias') return { alias: expression.name, path: [] };
  if (expression.kind !== 'member') return undefined;
  const parent = pathOf(expression.object);
  return parent && { alias: parent.alias, path: [...parent.path, expression.key] };
}

/** A property of a stored document; `id` and `_ts` are columns of their own. */
export function documentValue(column: string, path: readonly (string | number)[]): SqlValue {
  const table = column.slice(0, column.indexOf('.') + 1);
  if (path.length === 0) return { type: 'object', rank: '7', value: column, json: column };
  if (path.length === 1 && path[0] === 'id') return definedValue('string', `${table}id`);
  if (path.length === 1 && path[0] === '_ts') return definedValue('number', `${table}ts`);
  return valueAtPath(column, path);
}

/** The value of an expression without properties of documents, or undefined. */
export function constantOf(
  expression: Expression,
  parameter: (name: string) => Json | undefined,
): { json: Json } | undefined {
  if (expression.kind === 'literal') return { json: expression.value };
  if (expression.kind === 'parameter') {
    const json = parameter(expression.name);
    return json === undefined ? undefined : { json };
  }
  if (expression.kind === 'unary' && expression.operator === '-') {
    const operand = constantOf(expression.operand, parameter);
    return typeof operand?.json === 'number' ? { json: -operand.json } : undefined;
  }
  if (expression.kind === 'array') {
    const items = expression.items.map((item) => constantOf(item, parameter));
    return items.every((item) => item !== undefined) ? { json: items.map((item) => item.json) } : undefined;
  }
  if (expression.kind !== 'object') return undefined;
  const entries = expression.entries.map(({ key, value }) => [key, constantOf(value, parameter)] as const);
  if (entries.some(([, value]) => value === undefined)) return undefined;
  return { json: Object.fromEntries(entries.map(([key, value]) => [key, value?.json])) };
}
