import { finite, isWhole, type JsonFunction, jsonFunction, numeric, type Value } from './json-function.ts';

/** A function of two 64-bit integers. */
function integers(count: number, compute: (left: bigint, right: bigint) => bigint): JsonFunction {
  return jsonFunction('number', count, count, (args) => {
    if (!args.every(isWhole)) return undefined;
    return finite(Number(BigInt.asIntN(64, compute(BigInt(args[0] ?? 0), BigInt(args[1] ?? 0)))));
  });
}

const divide = (compute: (left: bigint, right: bigint) => bigint): JsonFunction => {
  const inner = integers(2, compute);
  return { ...inner, run: (args) => (args[1] === 0 ? undefined : inner.run(args)) };
};

function logarithm([value, base]: readonly Value[]): Value {
  if (typeof value !== 'number' || (base !== undefined && typeof base !== 'number')) return undefined;
  return finite(base === undefined ? Math.log(value) : Math.log(value) / Math.log(base));
}

function roundTo([value, digits = 0]: readonly Value[]): Value {
  if (typeof value !== 'number' || !isWhole(digits) || digits < 0 || digits > 15) return undefined;
  const scale = 10 ** digits;
  return finite((Math.sign(value) * Math.round(Math.abs(value) * scale)) / scale);
}

export const NUMBER_FUNCTIONS: Record<string, JsonFunction> = {
  ACOS: numeric(1, Math.acos),
  ASIN: numeric(1, Math.asin),
  ATAN: numeric(1, Math.atan),
  ATN2: numeric(2, Math.atan2),
  COS: numeric(1, Math.cos),
  COT: numeric(1, (angle) => 1 / Math.tan(angle)),
  DEGREES: numeric(1, (radians) => (radians * 180) / Math.PI),
  LOG: jsonFunction('number', 1, 2, logarithm),
  PI: numeric(0, () => Math.PI),
  RADIANS: numeric(1, (degrees) => (degrees * Math.PI) / 180),
  ROUND: jsonFunction('number', 1, 2, roundTo),
  SIN: numeric(1, Math.sin),
  SQUARE: numeric(1, (value) => value * value),
  TAN: numeric(1, Math.tan),
  NUMBERBIN: jsonFunction('number', 1, 2, ([value, size = 1]) =>
    typeof value === 'number' && typeof size === 'number' && size !== 0
      ? finite(Math.floor(value / size) * size)
      : undefined,
  ),
  INTADD: integers(2, (left, right) => left + right),
  INTSUB: integers(2, (left, right) => left - right),
  INTMUL: integers(2, (left, right) => left * right),
  INTDIV: divide((left, right) => left / right),
  INTMOD: divide((left, right) => left % right),
  INTBITAND: integers(2, (left, right) => left & right),
  INTBITOR: integers(2, (left, right) => left | right),
  INTBITXOR: integers(2, (left, right) => left ^ right),
  INTBITNOT: integers(1, (value) => ~value),
  INTBITLEFTSHIFT: integers(2, (value, by) => value << by),
  INTBITRIGHTSHIFT: integers(2, (value, by) => value >> by),
  IS_INTEGER: jsonFunction('boolean', 1, 1, ([value]) => typeof value === 'number' && Number.isInteger(value)),
};
