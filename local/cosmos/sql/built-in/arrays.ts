import { canonicalJson, isJsonObject, type Json } from '../../json.ts';
import { isWhole, type JsonFunction, jsonFunction, type Value } from './json-function.ts';

const MAX_ARGUMENTS = 100;

/** Values that differ, each once, in the order of their first appearance. */
function distinct(items: readonly Json[]): Json[] {
  const byText = new Map<string, Json>();
  for (const item of items) {
    const text = canonicalJson(item);
    if (!byText.has(text)) byText.set(text, item);
  }
  return [...byText.values()];
}

function concatenate(args: readonly Value[]): Value {
  return args.every((value) => Array.isArray(value)) ? args.flat() : undefined;
}

function slice([array, start, length]: readonly Value[]): Value {
  if (!Array.isArray(array) || !isWhole(start) || (length !== undefined && !isWhole(length))) return undefined;
  const from = start < 0 ? Math.max(0, array.length + start) : start;
  return array.slice(from, length === undefined ? undefined : from + Math.max(0, length));
}

/** Tests which of the values an array has. */
function containsMany(holds: (found: readonly boolean[]) => boolean): JsonFunction {
  return jsonFunction('boolean', 2, MAX_ARGUMENTS, ([array, ...values]) => {
    if (!Array.isArray(array)) return undefined;
    const keys = new Set(array.map(canonicalJson));
    return holds(values.map((value) => keys.has(canonicalJson(value))));
  });
}

/** Combines two arrays as sets. */
function sets(combine: (left: Json[], right: Json[]) => Json[]): JsonFunction {
  return jsonFunction('any', 2, 2, ([left, right]) =>
    Array.isArray(left) && Array.isArray(right) ? distinct(combine(left, right)) : undefined,
  );
}

function intersect(left: Json[], right: Json[]): Json[] {
  const keys = new Set(right.map(canonicalJson));
  return left.filter((item) => keys.has(canonicalJson(item)));
}

function objectToArray([object, key = 'k', value = 'v']: readonly Value[]): Value {
  if (!isJsonObject(object) || typeof key !== 'string' || typeof value !== 'string') return undefined;
  return Object.entries(object).map(([name, content]) => ({ [key]: name, [value]: content ?? null }));
}

function choose([index, ...choices]: readonly Value[]): Value {
  return isWhole(index) && index >= 1 ? choices[index - 1] : undefined;
}

export const ARRAY_FUNCTIONS: Record<string, JsonFunction> = {
  ARRAY_CONCAT: jsonFunction('any', 2, MAX_ARGUMENTS, concatenate),
  ARRAY_SLICE: jsonFunction('any', 2, 3, slice),
  ARRAY_CONTAINS_ANY: containsMany((found) => found.includes(true)),
  ARRAY_CONTAINS_ALL: containsMany((found) => !found.includes(false)),
  SETINTERSECT: sets(intersect),
  SETUNION: sets((left, right) => [...left, ...right]),
  OBJECTTOARRAY: jsonFunction('any', 1, 3, objectToArray),
  CHOOSE: { ...jsonFunction('any', 2, MAX_ARGUMENTS, choose), takesUndefined: true },
};
