import fc from 'fast-check';
import { expect, it } from 'vitest';

it('properties look at the same examples at each run', () => {
  const seen = (): number[] => {
    const values: number[] = [];
    fc.assert(fc.property(fc.nat(), (value) => void values.push(value)));
    return values;
  };
  expect(seen()).toEqual(seen());
});
