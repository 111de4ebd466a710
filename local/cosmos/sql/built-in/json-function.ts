import type { Json } from '../../json.ts';

/** A value of the query language: JSON, or undefined. */
export type Value = Json | undefined;

/** A built-in function that is computed in JavaScript, one row at a time, from and to JSON. */
export interface JsonFunction {
  /** Fewest and most arguments. */
  readonly least: number;
  readonly most: number;
  /** The type of a defined result. */
  readonly returns: 'any' | 'number' | 'string' | 'boolean';
  /** The result; undefined for arguments of wrong types. No argument is undefined unless `takesUndefined`. */
  run(args: readonly Value[]): Value;
  readonly takesUndefined?: boolean;
}

/** A function with a fixed range of arguments. */
export function jsonFunction(
  returns: JsonFunction['returns'],
  least: number,
  most: number,
  run: JsonFunction['run'],
): JsonFunction {
  return { returns, least, most, run };
}

/** A function from numbers to a number. */
export function numeric(count: number, compute: (...numbers: number[]) => number): JsonFunction {
  return jsonFunction('number', count, count, (args) =>
    args.every((value) => typeof value === 'number') ? finite(compute(...args)) : undefined,
  );
}

/** The number, or undefined when it is none that JSON can say. */
export function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** True for whole numbers that doubles hold exactly. */
export function isWhole(value: Value): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
