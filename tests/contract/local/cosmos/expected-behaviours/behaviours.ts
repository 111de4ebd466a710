import { describe, it } from 'vitest';
import { type Area, expectedBehaviours } from './names.ts';

/** A test for each name of an area: one that is missing, or that is none of the list's, does not compile. */
export type Behaviours<A extends Area> = Readonly<Record<(typeof expectedBehaviours)[A][number], () => Promise<void>>>;

/** Runs the tests of an area, in the order of the list. */
export function testBehaviours<A extends Area>(area: A, behaviours: Behaviours<A>): void {
  describe(`expected behaviours, ${area}`, () => {
    const names: readonly (typeof expectedBehaviours)[A][number][] = expectedBehaviours[area];
    for (const name of names) it(name, behaviours[name]);
  });
}
