import { ConfigurationError } from '../config/errors.ts';

/** Says whether the text of a route parameter fits. */
export type Constraint = (text: string) => boolean;

const INT = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:,\d+)*\.?\d*|\.\d+)$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const GUID =
  /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})$/i;

const isIntWithin = (text: string, bits: bigint): boolean => {
  if (!INT.test(text)) {
    return false;
  }
  const value = BigInt(text.replace(/^\+/, ''));
  const limit = 1n << (bits - 1n);
  return value >= -limit && value < limit;
};

const WITHOUT_ARGUMENT: Readonly<Record<string, Constraint>> = {
  int: (text) => isIntWithin(text, 32n),
  long: (text) => isIntWithin(text, 64n),
  bool: (text) => /^(true|false)$/i.test(text),
  decimal: (text) => DECIMAL.test(text),
  double: (text) => FLOAT.test(text),
  float: (text) => FLOAT.test(text),
  guid: (text) => GUID.test(text),
  alpha: (text) => /^[a-z]*$/i.test(text),
  datetime: (text) => !Number.isNaN(Date.parse(text)),
  required: (text) => text !== '',
};

const isAtLeast = (text: string, minimum: bigint): boolean => isIntWithin(text, 64n) && BigInt(text) >= minimum;
const isAtMost = (text: string, maximum: bigint): boolean => isIntWithin(text, 64n) && BigInt(text) <= maximum;

const WITH_NUMBERS: Readonly<Record<string, (numbers: readonly bigint[]) => Constraint | undefined>> = {
  min: ([minimum, ...rest]) =>
    minimum === undefined || rest.length > 0 ? undefined : (text) => isAtLeast(text, minimum),
  max: ([maximum, ...rest]) =>
    maximum === undefined || rest.length > 0 ? undefined : (text) => isAtMost(text, maximum),
  range: ([minimum, maximum, ...rest]) =>
    minimum === undefined || maximum === undefined || rest.length > 0
      ? undefined
      : (text) => isAtLeast(text, minimum) && isAtMost(text, maximum),
  minlength: ([minimum, ...rest]) =>
    minimum === undefined || rest.length > 0 ? undefined : (text) => text.length >= minimum,
  maxlength: ([maximum, ...rest]) =>
    maximum === undefined || rest.length > 0 ? undefined : (text) => text.length <= maximum,
  length: ([minimum, maximum = minimum, ...rest]) =>
    minimum === undefined || maximum === undefined || rest.length > 0
      ? undefined
      : (text) => text.length >= minimum && text.length <= maximum,
};

/**
 * Makes a constraint of ASP.NET Core routing, such as `int`, `length(3)` or `range(1,9)`, names in any case of letters.
 * @throws ConfigurationError when the constraint is not known here or its argument is wrong
 */
export const createConstraint = (text: string, route: string): Constraint => {
  const [, name = '', argument] = /^([a-z]+)(?:\((.*)\))?$/i.exec(text) ?? [];
  const key = name.toLowerCase();
  const simple = WITHOUT_ARGUMENT[key];
  if (simple !== undefined && argument === undefined) {
    return simple;
  }
  if (key === 'regex' && argument !== undefined) {
    return regexConstraint(argument, route);
  }
  const numbers = argument?.split(',').map((part) => part.trim());
  if (numbers?.every((part) => INT.test(part))) {
    const constraint = WITH_NUMBERS[key]?.(numbers.map((part) => BigInt(part)));
    if (constraint !== undefined) {
      return constraint;
    }
  }
  throw new ConfigurationError(`The route "${route}" has the constraint "${text}", which this host does not support`);
};

/** ASP.NET Core ignores case in inline expressions and doubles braces, because single ones delimit the parameter. */
const regexConstraint = (argument: string, route: string): Constraint => {
  try {
    const expression = new RegExp(argument.replaceAll('{{', '{').replaceAll('}}', '}'), 'i');
    return (text) => expression.test(text);
  } catch (error) {
    throw new ConfigurationError(`The route "${route}" has an invalid regular expression`, { cause: error });
  }
};
