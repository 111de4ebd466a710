import { describe, expect, it } from 'vitest';
import { labelledPeople } from '../../../../kit/labelled-people.ts';
import { measureQuality } from '../../../../kit/match-quality.ts';

describe('match rules for contacts, on people who are known', () => {
  it.each([1, 2, 3])('merge hardly anybody wrongly and miss few (seed %d)', (seed) => {
    const quality = measureQuality(labelledPeople(4000, 0.25, seed));
    expect(quality.truePairs).toBeGreaterThan(800);
    expect(quality.precision).toBeGreaterThanOrEqual(0.99);
    expect(quality.recall).toBeGreaterThanOrEqual(0.95);
    expect(quality.idleReviews).toBeLessThan(quality.truePairs / 20);
  });
});
