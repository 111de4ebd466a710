import type { Scalar, Test } from '../../contracts/mapping.ts';
import { sameValue } from '../canonical.ts';
import type { Json } from '../json.ts';
import type { Compilation } from './compile-transforms.ts';
import { compileSourcePath } from './source-path.ts';

type Condition = (record: Json) => boolean;

/** All tests must hold; without tests it always holds (`undefined`, so that nobody asks). */
export function compileCondition(
  compilation: Compilation,
  tests: readonly Test[] | undefined,
  place: readonly (string | number)[],
): Condition | undefined {
  if (tests === undefined) return undefined;
  const conditions = tests.map((test, index) => compileTest(compilation, test, [...place, index]));
  return (record) => conditions.every((condition) => condition(record));
}

function compileTest(compilation: Compilation, test: Test, place: readonly (string | number)[]): Condition {
  const read = compileSourcePath(test.field);
  const wanted = (test.value ?? null) as Scalar;
  const among = (test.values ?? []) as readonly Scalar[];
  switch (test.is) {
    case 'present':
      return (record) => !isEmpty(read(record));
    case 'absent':
      return (record) => isEmpty(read(record));
    case 'equal':
      return (record) => sameValue(read(record) ?? null, wanted);
    case 'not-equal':
      return (record) => !sameValue(read(record) ?? null, wanted);
    case 'one-of':
      return (record) => among.includes((read(record) ?? null) as Scalar);
    case 'none-of':
      return (record) => !among.includes((read(record) ?? null) as Scalar);
    case 'at-least':
      return (record) => isAtMost(wanted, read(record));
    case 'at-most':
      return (record) => isAtMost(read(record), wanted);
    case 'matches':
      return compileMatch(compilation, read, test.pattern ?? '', place);
  }
}

/** The pattern may match any part of the text; `^` and `$` anchor it. */
function compileMatch(
  { libraries, problems }: Compilation,
  read: (record: Json) => Json | undefined,
  pattern: string,
  place: readonly (string | number)[],
): Condition {
  if (libraries.patterns === undefined) throw new Error('RE2 was not loaded');
  try {
    const compiled = libraries.patterns.compile(pattern);
    return (record) => {
      const value = read(record);
      return typeof value === 'string' && compiled.matcher(value).find();
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    problems.push({ path: [...place, 'pattern'], message: `does not work: ${problem}` });
    return () => false;
  }
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Only values of one kind have an order; instants in ISO 8601 have that of their texts. */
function isAtMost(low: Json | undefined, high: Json | undefined): boolean {
  if (typeof low === 'number' && typeof high === 'number') return low <= high;
  return typeof low === 'string' && typeof high === 'string' && low <= high;
}
