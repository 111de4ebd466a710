import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../shared/core/app-error.ts';
import { decodeCursor, encodeCursor } from '../../../../shared/core/cursor.ts';

const filters = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4, noNullPrototype: true });

describe('cursors', () => {
  it('lead back to the id, for the same list and filters in any order', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), filters, (id, list, asked) => {
        const shuffled = Object.fromEntries(Object.entries(asked).reverse());
        const cursor = encodeCursor(id, list, asked);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(cursor, list, shuffled)).toBe(id);
      }),
    );
  });

  it('are refused for another list or other filters', () => {
    const cursor = encodeCursor('a', 'shards', { type: 'contact' });
    for (const [list, asked] of [
      ['tasks', { type: 'contact' }],
      ['shards', { type: 'company' }],
      ['shards', {}],
    ] as const) {
      expect(() => decodeCursor(cursor, list, asked)).toThrow(AppError);
    }
  });

  it('are refused by name when they are something else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          try {
            decodeCursor(text, 'shards', {});
            throw new Error('accepted');
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            expect(error.errors?.[0]).toMatchObject({ in: 'query', field: 'cursor' });
          }
        },
      ),
    );
  });
});
