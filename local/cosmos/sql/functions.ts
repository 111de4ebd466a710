import { badRequest, unsupported } from '../errors.ts';
import { AGGREGATES } from './aggregates.ts';
import type { Expression } from './ast.ts';
import type { JsonFunction } from './built-in/json-function.ts';
import { JSON_FUNCTIONS, sqliteNameOf } from './built-in/registry.ts';
import { equality } from './compare.ts';
import type { Compiler } from './compiler.ts';
import { sieveFor } from './text-sieve.ts';
import { definedValue, isDefined, jsonValue, type SqlValue, typedValue } from './value.ts';

type Compile = (compiler: Compiler, args: Expression[]) => SqlValue;

/** How one function is compiled, and how many arguments it takes. */
interface BuiltIn {
  readonly least: number;
  readonly most: number;
  readonly compile: Compile;
}

const argument = (args: readonly Expression[], index: number): Expression => {
  const found = args[index];
  if (found === undefined) throw new Error('The number of arguments was not checked.');
  return found;
};

const text = (compiler: Compiler, args: Expression[], index: number): string =>
  compiler.as(compiler.compile(argument(args, index)), 'string');

function typeTest(ranks: readonly number[]): BuiltIn {
  const compile: Compile = (compiler, args) => {
    const value = compiler.compile(argument(args, 0));
    return definedValue('boolean', `(${value.rank} IN (${ranks.join(', ')}))`);
  };
  return { least: 1, most: 1, compile };
}

function textFunction(type: 'string' | 'number' | 'boolean', sqliteName: string, count: number): BuiltIn {
  const compile: Compile = (compiler, args) => {
    const texts = args.map((_, index) => text(compiler, args, index));
    return typedValue(type, `${sqliteName}(${texts.join(', ')})`);
  };
  return { least: count, most: count, compile };
}

function numberFunction(sqliteName: string, count: number): BuiltIn {
  const compile: Compile = (compiler, args) =>
    typedValue('number', `${sqliteName}(${args.map((arg) => compiler.number(arg)).join(', ')})`);
  return { least: count, most: count, compile };
}

/** Two texts and an optional flag "ignore case". */
function textSearch(test: (value: string, part: string) => string): BuiltIn {
  const compile: Compile = (compiler, args) => {
    const [value, part] = [text(compiler, args, 0), text(compiler, args, 1)];
    const sensitive = test(value, part);
    if (args.length < 3) return typedValue('boolean', sensitive);
    const wanted = compiler.compile(argument(args, 1)).constant?.json;
    const sieve = typeof wanted === 'string' ? sieveFor(wanted, value, compiler.bind) : undefined;
    const exact = test(`cosmos_lower(${value})`, `cosmos_lower(${part})`);
    const insensitive = sieve === undefined ? exact : `(${sieve} AND ${exact})`;
    const flag = compiler.compile(argument(args, 2));
    if (flag.constant !== undefined) {
      if (typeof flag.constant.json !== 'boolean') return typedValue('boolean', 'NULL');
      return typedValue('boolean', flag.constant.json ? insensitive : sensitive);
    }
    const ignoreCase = compiler.as(flag, 'boolean');
    return typedValue('boolean', `CASE ${ignoreCase} WHEN 1 THEN ${insensitive} WHEN 0 THEN ${sensitive} END`);
  };
  return { least: 2, most: 3, compile };
}

const startsWith = (value: string, part: string): string => `(instr(${value}, ${part}) = 1)`;

/** `ARRAY_CONTAINS(array, item[, partial])`. */
const arrayContains: Compile = (compiler, args) => {
  const array = compiler.compile(argument(args, 0));
  const item = compiler.compile(argument(args, 1));
  const partial = args.length > 2 ? compiler.compile(argument(args, 2)) : undefined;
  if (partial !== undefined && typeof partial.constant?.json !== 'boolean') {
    throw unsupported('ARRAY_CONTAINS with a third argument that is no boolean constant');
  }
  const element = compiler.arrayElement();
  const test =
    partial?.constant?.json === true
      ? `cosmos_contains_partial(${element.value.json}, ${item.json})`
      : equality(element.value, item, 'truthy');
  const each = `json_each(CASE WHEN ${array.rank} = 6 THEN ${array.json} ELSE '[]' END) AS ${element.table}`;
  const found = `EXISTS (SELECT 1 FROM ${each} WHERE ${test})`;
  return typedValue('boolean', `CASE WHEN ${array.rank} = 6 AND ${item.rank} > 0 THEN ${found} END`);
};

const arrayLength: Compile = (compiler, args) => {
  const array = compiler.compile(argument(args, 0));
  return typedValue('number', `CASE WHEN ${array.rank} = 6 THEN json_array_length(${array.json}) END`);
};

const concat: Compile = (compiler, args) =>
  typedValue('string', `(${args.map((_, index) => text(compiler, args, index)).join(' || ')})`);

const toText: Compile = (compiler, args) => {
  const value = compiler.compile(argument(args, 0));
  return typedValue(
    'string',
    `CASE WHEN ${value.rank} = 5 THEN ${value.value} WHEN ${value.rank} > 0 THEN ${value.json} END`,
  );
};

const toNumber: Compile = (compiler, args) => {
  const value = compiler.compile(argument(args, 0));
  return typedValue(
    'number',
    `CASE ${value.rank} WHEN 4 THEN CAST(${value.value} AS REAL) WHEN 5 THEN cosmos_to_number(${value.value}) END`,
  );
};

/** One time for the whole query. */
function currentTime(type: 'string' | 'number', tell: (now: Date) => string | number): BuiltIn {
  return { least: 0, most: 0, compile: (compiler) => definedValue(type, compiler.bind(tell(new Date()))) };
}

const BUILT_INS: Record<string, BuiltIn> = {
  IS_DEFINED: {
    least: 1,
    most: 1,
    compile: (compiler, args) => definedValue('boolean', isDefined(compiler.compile(argument(args, 0)))),
  },
  IS_NULL: typeTest([1]),
  IS_BOOL: typeTest([2]),
  IS_NUMBER: typeTest([4]),
  IS_FINITE_NUMBER: typeTest([4]),
  IS_STRING: typeTest([5]),
  IS_ARRAY: typeTest([6]),
  IS_OBJECT: typeTest([7]),
  IS_PRIMITIVE: typeTest([1, 2, 4, 5]),
  CONTAINS: textSearch((value, part) => `(instr(${value}, ${part}) > 0)`),
  STARTSWITH: textSearch(startsWith),
  ENDSWITH: textSearch((value, part) => `cosmos_ends_with(${value}, ${part})`),
  STRINGEQUALS: textSearch((value, part) => `(${value} = ${part})`),
  LOWER: textFunction('string', 'cosmos_lower', 1),
  UPPER: textFunction('string', 'cosmos_upper', 1),
  LENGTH: textFunction('number', 'cosmos_length', 1),
  TRIM: textFunction('string', 'cosmos_trim', 1),
  LTRIM: textFunction('string', 'cosmos_ltrim', 1),
  RTRIM: textFunction('string', 'cosmos_rtrim', 1),
  REVERSE: textFunction('string', 'cosmos_reverse', 1),
  REPLACE: textFunction('string', 'cosmos_replace', 3),
  CONCAT: { least: 2, most: 100, compile: concat },
  SUBSTRING: {
    least: 3,
    most: 3,
    compile: (compiler, args) => {
      const [start, length] = [compiler.number(argument(args, 1)), compiler.number(argument(args, 2))];
      return typedValue('string', `cosmos_substring(${text(compiler, args, 0)}, ${start}, ${length})`);
    },
  },
  LEFT: {
    least: 2,
    most: 2,
    compile: (compiler, args) =>
      typedValue('string', `cosmos_substring(${text(compiler, args, 0)}, 0.0, ${compiler.number(argument(args, 1))})`),
  },
  REGEXMATCH: {
    least: 2,
    most: 3,
    compile: (compiler, args) =>
      typedValue('boolean', `cosmos_regex_match(${args.map((_, index) => text(compiler, args, index)).join(', ')})`),
  },
  TOSTRING: { least: 1, most: 1, compile: toText },
  STRINGTONUMBER: { least: 1, most: 1, compile: toNumber },
  ABS: numberFunction('abs', 1),
  CEILING: numberFunction('cosmos_ceiling', 1),
  FLOOR: numberFunction('cosmos_floor', 1),
  TRUNC: numberFunction('cosmos_truncate', 1),
  SIGN: numberFunction('cosmos_sign', 1),
  SQRT: numberFunction('cosmos_sqrt', 1),
  POWER: numberFunction('cosmos_power', 2),
  EXP: numberFunction('cosmos_exp', 1),
  LOG10: numberFunction('cosmos_log10', 1),
  ARRAY_CONTAINS: { least: 2, most: 3, compile: arrayContains },
  ARRAY_LENGTH: { least: 1, most: 1, compile: arrayLength },
  IIF: {
    least: 3,
    most: 3,
    compile: (compiler, args) => compiler.choose(argument(args, 0), argument(args, 1), argument(args, 2)),
  },
  GETCURRENTDATETIME: currentTime('string', (now) => `${now.toISOString().slice(0, -1)}0000Z`),
  GETCURRENTDATETIMESTATIC: currentTime('string', (now) => `${now.toISOString().slice(0, -1)}0000Z`),
  GETCURRENTTICKS: currentTime('number', (now) => now.getTime() * 10_000),
  GETCURRENTTICKSSTATIC: currentTime('number', (now) => now.getTime() * 10_000),
  GETCURRENTTIMESTAMP: currentTime('number', (now) => now.getTime()),
  GETCURRENTTIMESTAMPSTATIC: currentTime('number', (now) => now.getTime()),
  RAND: { least: 0, most: 0, compile: () => definedValue('number', '((random() >> 11) / 9007199254740992.0 + 0.5)') },
};

/** A function that is computed in JavaScript from its arguments' JSON. */
function compileJsonFunction(
  compiler: Compiler,
  name: string,
  args: Expression[],
  returns: JsonFunction['returns'],
): SqlValue {
  const texts = args.map((arg) => compiler.compile(arg).json);
  const call = `${sqliteNameOf(name)}(${texts.join(', ')})`;
  return returns === 'any' ? jsonValue(call) : typedValue(returns, call);
}

function checkCount(name: string, { least, most }: { least: number; most: number }, args: Expression[]): void {
  if (args.length >= least && args.length <= most) return;
  throw badRequest(`The ${name} function requires ${least} to ${most} arguments, not ${args.length}.`);
}

/** Compiles a call of a built-in function. @throws CosmosError 400 for unknown names and wrong numbers of arguments. */
export function compileCall(compiler: Compiler, name: string, args: Expression[]): SqlValue {
  if (AGGREGATES.has(name)) throw unsupported(`The aggregate ${name} outside of the SELECT list`);
  const builtIn = Object.hasOwn(BUILT_INS, name) ? BUILT_INS[name] : undefined;
  if (builtIn !== undefined) {
    checkCount(name, builtIn, args);
    return builtIn.compile(compiler, args);
  }
  const computed = Object.hasOwn(JSON_FUNCTIONS, name) ? JSON_FUNCTIONS[name] : undefined;
  if (computed === undefined) throw unsupported(`The function ${name}`);
  checkCount(name, computed, args);
  return compileJsonFunction(compiler, name, args, computed.returns);
}
