import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSeal, makeKey } from '../../../../local/key-vault/seal.ts';

const seal = createSeal(makeKey());

it('opens what it closed, at the same place only, with the same key only, unchanged only', () => {
  const other = createSeal(makeKey());
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), fc.nat(), (value, place, elsewhere, at) => {
      const sealed = seal.close(place, value);
      expect(seal.open(place, sealed)).toBe(value.toWellFormed());
      fc.pre(place.toWellFormed() !== elsewhere.toWellFormed());
      expect(() => seal.open(elsewhere, sealed)).toThrow();
      expect(() => other.open(place, sealed)).toThrow();
      const changed = Buffer.from(sealed);
      const position = at % changed.length;
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(() => seal.open(place, changed)).toThrow();
      expect(() => seal.open(place, sealed.subarray(0, at % sealed.length))).toThrow();
    }),
  );
});

it('never gives the same bytes twice', () => {
  expect(seal.close('a', 'same').equals(seal.close('a', 'same'))).toBe(false);
});
