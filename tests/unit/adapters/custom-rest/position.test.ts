import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodePosition,
  encodePosition,
  followTrail,
  type Position,
  type Trail,
} from '../../../../adapters/custom-rest/position.ts';
import type { PagingSettings } from '../../../../adapters/custom-rest/settings.ts';

const count = fc.nat();
const trail = fc.record({ mark: fc.string(), steps: count, limit: fc.integer({ min: 1 }) });
const positions: fc.Arbitrary<[Position, PagingSettings]> = fc.oneof(
  fc.tuple(
    fc.record({
      kind: fc.constant('page'),
      page: count,
      size: fc.integer({ min: 1 }),
      seen: count,
      digest: fc.string(),
    }),
    fc.constant<PagingSettings>({ kind: 'page', pageParam: 'p', firstPage: 1, stable: true }),
  ),
  fc.tuple(
    fc.record(
      {
        kind: fc.constant('checked-offset'),
        offset: count,
        step: fc.integer({ min: 1 }),
        behind: count,
        marks: fc.array(fc.string()),
        lost: fc.boolean(),
        digest: fc.string(),
        retreat: fc.record({ steps: fc.integer({ min: 1 }), until: count }),
      },
      { requiredKeys: ['kind', 'offset', 'step', 'behind', 'marks', 'lost', 'digest'] },
    ),
    fc.constant<PagingSettings>({ kind: 'offset', offsetParam: 'o', limitParam: 'l', stable: false }),
  ),
  fc.tuple(
    fc.record({ kind: fc.constant('cursor'), cursor: fc.string({ minLength: 1, unit: 'binary' }), trail }),
    fc.constant<PagingSettings>({ kind: 'cursor', cursorParam: 'c', cursorPath: 'c' }),
  ),
);

test('a position comes back as it was', () => {
  fc.assert(
    fc.property(positions, ([position, paging]) => {
      expect(decodePosition(paging, encodePosition(position))).toEqual(position);
    }),
  );
});

test('any other text is told as an expired cursor', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), positions, (text, [, paging]) => {
      expect(() => decodePosition(paging, text)).toThrow(expect.objectContaining({ kind: 'cursor-expired' }));
    }),
  );
});

test('a position of another way of paging is told with both', () => {
  const offset: PagingSettings = { kind: 'offset', offsetParam: 'o', limitParam: 'l', stable: true };
  const cursor = encodePosition({ kind: 'cursor', cursor: 'x', trail: { mark: '', steps: 0, limit: 1 } });
  expect(() => decodePosition(offset, cursor)).toThrow(/cursor.*offset/);
});

test('a position without a record to check by is not taken where the read is checked', () => {
  const paging: PagingSettings = { kind: 'page', pageParam: 'p', firstPage: 1, stable: false };
  const unchecked = encodePosition({ kind: 'page', page: 2, size: 10, seen: 10, digest: '' });
  expect(() => decodePosition(paging, unchecked)).toThrow(expect.objectContaining({ kind: 'cursor-expired' }));
});

test('a ring of steps is noticed within three times its size and its way in, a straight way never', () => {
  const walk = (steps: readonly string[]): number | undefined => {
    let followed: Trail | undefined;
    for (const [index, step] of steps.entries()) {
      followed = followTrail(followed, step);
      if (followed === undefined) return index;
    }
    return undefined;
  };
  fc.assert(
    fc.property(fc.nat(20), fc.integer({ min: 1, max: 20 }), (wayIn, ring) => {
      const length = 3 * (wayIn + ring) + 2;
      const steps = Array.from({ length }, (_, index) =>
        String(index < wayIn ? index : wayIn + ((index - wayIn) % ring)),
      );
      expect(walk(steps)).toBeGreaterThanOrEqual(wayIn + ring);
      expect(walk(Array.from({ length }, (_, index) => String(index)))).toBeUndefined();
    }),
  );
});
