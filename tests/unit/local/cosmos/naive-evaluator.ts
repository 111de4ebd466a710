import type { Json, JsonObject } from '../../../../local/cosmos/json.ts';

/** The query language as plainly as it can be said, over values in memory: what the compiled queries must agree with. */

/** A value, or undefined. */
export type Value = Json | undefined;

/** An expression, and the text it has in a query. */
export type Node =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'path'; readonly path: readonly (string | number)[] }
  | {
      readonly kind: 'compare';
      readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: 'logic'; readonly operator: 'AND' | 'OR'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'not'; readonly operand: Node }
  | { readonly kind: 'in'; readonly needle: Node; readonly list: readonly Json[] }
  | { readonly kind: 'between'; readonly operand: Node; readonly low: Json; readonly high: Json }
  | { readonly kind: 'call'; readonly name: CallName; readonly args: readonly Node[] }
  /** An element of the array equals the value: as a subquery under EXISTS, or counted by one. */
  | { readonly kind: 'any'; readonly array: Node; readonly value: Json; readonly counted: boolean }
  | { readonly kind: 'coalesce'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'conditional'; readonly test: Node; readonly chosen: Node; readonly otherwise: Node }
  | { readonly kind: 'calculate'; readonly operator: '+' | '-' | '*'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'list'; readonly items: readonly Node[] };

/** Functions of one or two arguments. */
export type CallName = (typeof CALLS)[number] | (typeof PAIR_CALLS)[number];

/** Functions of one argument, and of two. */
export const CALLS = ['IS_DEFINED', 'IS_NULL', 'IS_STRING', 'IS_NUMBER', 'IS_ARRAY', 'ARRAY_LENGTH', 'LENGTH'] as const;
export const PAIR_CALLS = ['STARTSWITH', 'ENDSWITH', 'CONTAINS', 'ARRAY_CONTAINS', 'SetUnion', 'ARRAY_CONCAT'] as const;

const TYPES = ['undefined', 'null', 'boolean', 'number', 'string', 'array', 'object'];

/** The place of a value's type in the sort order. */
export function typeRank(value: Value): number {
  if (value === null) return 1;
  return TYPES.indexOf(Array.isArray(value) ? 'array' : typeof value);
}

/** Equality by type and content; the order of an object's properties does not matter. */
function areEqual(left: Value, right: Value): boolean {
  if (typeRank(left) !== typeRank(right)) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => areEqual(item, right[index]));
  }
  if (typeRank(left) !== 6) return left === right;
  const [first, second] = [left as JsonObject, right as JsonObject];
  const keys = Object.keys(first);
  return (
    keys.length === Object.keys(second).length &&
    keys.every((key) => key in second && areEqual(first[key], second[key]))
  );
}

/** Less, equal or more, by code points for strings; undefined for values that do not compare. */
export function compareScalars(left: Value, right: Value): number | undefined {
  if (typeRank(left) !== typeRank(right)) return undefined;
  if (left === null) return 0;
  if (typeof left === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(right as string));
  if (typeof left === 'number' || typeof left === 'boolean') return Number(left) - Number(right);
  return undefined;
}

function compare(operator: string, left: Value, right: Value): Value {
  if (left === undefined || right === undefined) return undefined;
  if (operator === '=') return areEqual(left, right);
  if (operator === '!=') return !areEqual(left, right);
  const order = compareScalars(left, right);
  if (order === undefined) return undefined;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function and(left: Value, right: Value): Value {
  if (left === false || right === false) return false;
  return left === true && right === true ? true : undefined;
}

const not = (value: Value): Value => (typeof value === 'boolean' ? !value : undefined);

function call(name: string, [first, second]: Value[]): Value {
  if (name === 'IS_DEFINED') return first !== undefined;
  if (name === 'IS_NULL') return first === null;
  if (name === 'IS_STRING') return typeof first === 'string';
  if (name === 'IS_NUMBER') return typeof first === 'number';
  if (name === 'IS_ARRAY') return Array.isArray(first);
  if (name === 'ARRAY_LENGTH') return Array.isArray(first) ? first.length : undefined;
  if (name === 'LENGTH') return typeof first === 'string' ? first.length : undefined;
  return callPair(name, first, second);
}

function callPair(name: string, first: Value, second: Value): Value {
  if (name === 'ARRAY_CONCAT' || name === 'SetUnion') {
    if (!Array.isArray(first) || !Array.isArray(second)) return undefined;
    const all = [...first, ...second];
    if (name === 'ARRAY_CONCAT') return all;
    return all.filter((item, index) => all.findIndex((earlier) => areEqual(earlier, item)) === index);
  }
  if (name === 'ARRAY_CONTAINS') {
    return Array.isArray(first) && second !== undefined ? first.some((item) => areEqual(item, second)) : undefined;
  }
  if (typeof first !== 'string' || typeof second !== 'string') return undefined;
  if (name === 'ENDSWITH') return first.endsWith(second);
  return name === 'STARTSWITH' ? first.startsWith(second) : first.includes(second);
}

function at(value: Value, path: readonly (string | number)[]): Value {
  let found = value;
  for (const step of path) {
    if (typeof step === 'number') found = Array.isArray(found) ? found[step] : undefined;
    else
      found =
        typeRank(found) === 6 && Object.hasOwn(found as JsonObject, step) ? (found as JsonObject)[step] : undefined;
  }
  return found;
}

/** The value of an expression for a document. */
export function evaluate(node: Node, document: JsonObject): Value {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'path':
      return at(document, node.path);
    case 'compare':
      return compare(node.operator, evaluate(node.left, document), evaluate(node.right, document));
    case 'logic': {
      const [left, right] = [evaluate(node.left, document), evaluate(node.right, document)];
      return node.operator === 'AND' ? and(left, right) : not(and(not(left), not(right)));
    }
    case 'not':
      return not(evaluate(node.operand, document));
    case 'in': {
      const needle = evaluate(node.needle, document);
      return needle === undefined ? undefined : node.list.some((item) => areEqual(needle, item));
    }
    case 'between': {
      const value = evaluate(node.operand, document);
      return and(compare('>=', value, node.low), compare('<=', value, node.high));
    }
    case 'any': {
      const array = evaluate(node.array, document);
      return Array.isArray(array) && array.some((item) => areEqual(item, node.value));
    }
    case 'coalesce':
      return evaluate(node.left, document) ?? undefinedOr(node, document);
    case 'conditional':
      return evaluate(evaluate(node.test, document) === true ? node.chosen : node.otherwise, document);
    case 'calculate':
      return calculate(node.operator, evaluate(node.left, document), evaluate(node.right, document));
    case 'list':
      return node.items.map((item) => evaluate(item, document)).filter((item) => item !== undefined);
    default:
      return call(
        node.name,
        node.args.map((arg) => evaluate(arg, document)),
      );
  }
}

/** The language's `??` replaces undefined, but not null. */
function undefinedOr(node: Node & { kind: 'coalesce' }, document: JsonObject): Value {
  return evaluate(node.left, document) === null ? null : evaluate(node.right, document);
}

function calculate(operator: string, left: Value, right: Value): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  if (operator === '+') return left + right;
  return operator === '-' ? left - right : left * right;
}

/** The text of an expression; constants become parameters. */
export function write(node: Node, parameters: { name: string; value: Json }[]): string {
  const constant = (value: Json): string => {
    parameters.push({ name: `@p${parameters.length}`, value });
    return `@p${parameters.length - 1}`;
  };
  switch (node.kind) {
    case 'constant':
      return constant(node.value);
    case 'path':
      return `c${node.path.map((step) => `[${JSON.stringify(step)}]`).join('')}`;
    case 'compare':
    case 'logic':
      return `(${write(node.left, parameters)} ${node.operator} ${write(node.right, parameters)})`;
    case 'not':
      return `NOT (${write(node.operand, parameters)})`;
    case 'in':
      return `(${write(node.needle, parameters)} IN (${node.list.map(constant).join(', ')}))`;
    case 'between':
      return `(${write(node.operand, parameters)} BETWEEN ${constant(node.low)} AND ${constant(node.high)})`;
    case 'any': {
      const rows = `FROM x IN ${write(node.array, parameters)} WHERE x = ${constant(node.value)}`;
      return node.counted ? `((SELECT VALUE COUNT(1) ${rows}) > 0)` : `EXISTS(SELECT VALUE x ${rows})`;
    }
    case 'coalesce':
      return `(${write(node.left, parameters)} ?? ${write(node.right, parameters)})`;
    case 'conditional':
      return `(${write(node.test, parameters)} ? ${write(node.chosen, parameters)} : ${write(node.otherwise, parameters)})`;
    case 'calculate':
      return `(${write(node.left, parameters)} ${node.operator} ${write(node.right, parameters)})`;
    case 'list':
      return `[${node.items.map((item) => write(item, parameters)).join(', ')}]`;
    default:
      return `${node.name}(${node.args.map((arg) => write(arg, parameters)).join(', ')})`;
  }
}
