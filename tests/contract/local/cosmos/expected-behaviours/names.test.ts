import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectedBehaviours } from './names.ts';

const areas = Object.keys(expectedBehaviours);
const names = Object.values(expectedBehaviours);

it('has 257 behaviours in nine areas, each named once in its area', () => {
  expect(areas).toHaveLength(9);
  expect(names.flat()).toHaveLength(257);
  for (const ofArea of names) expect(new Set<string>(ofArea).size).toBe(ofArea.length);
});

it('has a file for every area, which runs that area and no other', () => {
  const files = readdirSync(import.meta.dirname).filter((file) => /^\d.*\.test\.ts$/.test(file));
  expect(files).toEqual(areas.map((area) => `${area}.test.ts`));
  for (const area of areas) {
    const source = readFileSync(join(import.meta.dirname, `${area}.test.ts`), 'utf8');
    expect([...source.matchAll(/testBehaviours\('([^']+)'/g)].map(([, tested]) => tested)).toEqual([area]);
  }
});
