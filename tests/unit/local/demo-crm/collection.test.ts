import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListQuery, openCollection, type Row, type RowState } from '../../../../local/demo-crm/collection.ts';

const row = (index: number, updatedAtMs: number, state: RowState = 'live', version = 1, createdAtMs = 0): Row => ({
  index,
  createdAtMs,
  updatedAtMs,
  version,
  state,
  body: '{}',
});

const step = fc.record({
  place: fc.nat(40),
  updatedAtMs: fc.nat(12),
  state: fc.constantFrom<RowState>('live', 'deleted', 'reserved'),
  createdAtMs: fc.nat(30),
});

/** What the collection should answer, the plain way. */
const expected = (rows: readonly Row[], query: ListQuery): readonly number[] =>
  rows
    .filter((one) => one.state === 'live' || (one.state === 'deleted' && query.includeDeleted))
    .filter((one) => one.createdAtMs >= (query.createdFromMs ?? 0) && one.createdAtMs < (query.createdToMs ?? Infinity))
    .filter((one) => query.order === 'id' || query.sinceMs === undefined || one.updatedAtMs >= query.sinceMs)
    .sort((a, b) => (query.order === 'id' ? 0 : a.updatedAtMs - b.updatedAtMs) || a.index - b.index)
    .map((one) => one.index);

describe('openCollection', () => {
  it('lists in both orders what a plain list would, page by page, after any puts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(12), { maxLength: 20 }),
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom<'id' | 'updatedAt'>('id', 'updatedAt'),
        fc.boolean(),
        fc.option(fc.nat(13), { nil: undefined }),
        fc.record({ createdFromMs: fc.nat(30), createdToMs: fc.nat(30) }, { requiredKeys: [] }),
        fc.integer({ min: 1, max: 7 }),
        (times, steps, order, includeDeleted, sinceMs, created, limit) => {
          // Creation follows the index at first; what comes later was created later, in any order.
          const model = times.map((updatedAtMs, index) => row(index, updatedAtMs, 'live', 1, index));
          const collection = openCollection(model);
          collection.list({ order: 'updatedAt', limit: 1, includeDeleted: true });
          for (const { place, updatedAtMs, state, createdAtMs } of steps) {
            const index = Math.min(place, model.length);
            const before = model[index];
            const put = row(
              index,
              Math.max(updatedAtMs, before?.updatedAtMs ?? 0),
              state,
              (before?.version ?? 0) + 1,
              before?.createdAtMs ?? times.length + createdAtMs,
            );
            model[index] = put;
            collection.put(put);
          }
          const query = { order, includeDeleted, limit, ...created, ...(sinceMs === undefined ? {} : { sinceMs }) };
          const seen: number[] = [];
          let page = collection.list(query);
          for (;;) {
            seen.push(...page.rows.map(({ index }) => index));
            const last = page.rows.at(-1);
            if (!page.hasMore || last === undefined) {
              break;
            }
            page = collection.list({ ...query, after: last });
          }
          const wanted = expected(model, query);
          expect(seen).toEqual(wanted);
          expect(collection.count(query)).toBe(
            order === 'id' ? expected(model, { ...query, sinceMs: 0 }).length : wanted.length,
          );
          expect(collection.list({ ...query, offset: 3 }).rows.map(({ index }) => index)).toEqual(
            wanted.slice(3, 3 + limit),
          );
        },
      ),
    );
  });

  it('refuses rows with a gap', () => {
    expect(() => openCollection([row(1, 0)])).toThrow(RangeError);
    expect(() => openCollection([row(0, 0)]).put(row(2, 0))).toThrow(RangeError);
  });
});
