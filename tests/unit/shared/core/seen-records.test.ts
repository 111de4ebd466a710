import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feed } from '../../../../shared/core/conversion/compile-schema.ts';
import { linkIdOf } from '../../../../shared/core/observation.ts';
import {
  addToDigest,
  linksOfRecords,
  partsOf,
  rangeOfPart,
  SeenRecords,
  writeSeen,
} from '../../../../shared/core/seen-records.ts';

const idOf = (record: number) => linkIdOf('int_1', 'contacts', String(record), 'contact');

describe('what a read has seen', () => {
  it('is exactly what its pages showed, in whatever parts it is looked at', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat(5000), { maxLength: 200 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 64 }),
        (pages, parts) => {
          const shown = new Set(pages.flat());
          const written = pages.map((page) => writeSeen(page.map(idOf)));
          for (let part = 0; part < parts; part += 1) {
            const range = rangeOfPart(part, parts);
            const seen = new SeenRecords(range);
            for (const page of written) seen.add(page);
            for (let record = 0; record < 5000; record += 37) {
              const id = idOf(record);
              if (id < (range.from ?? '') || (range.to !== undefined && id >= range.to)) continue;
              expect(seen.has(id)).toBe(shown.has(record));
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('holds a hundred thousand ids, none twice, and no others', () => {
    const seen = new SeenRecords();
    const ids = Array.from({ length: 100_000 }, (_, record) => idOf(record));
    for (let start = 0; start < ids.length; start += 500) seen.add(writeSeen(ids.slice(start, start + 500)));
    seen.add(writeSeen(ids.slice(0, 500)));
    expect(seen.size).toBe(ids.length);
    expect(ids.every((id) => seen.has(id))).toBe(true);
    for (let record = 100_000; record < 110_000; record += 1) expect(seen.has(idOf(record))).toBe(false);
  });

  it('cuts all ids into parts that leave none out', () => {
    for (const parts of [1, 2, 3, 7, 64]) {
      const ranges = Array.from({ length: parts }, (_, part) => rangeOfPart(part, parts));
      expect(ranges[0]?.from).toBeUndefined();
      expect(ranges.at(-1)?.to).toBeUndefined();
      for (let part = 1; part < parts; part += 1) expect(ranges[part]?.from).toBe(ranges[part - 1]?.to);
    }
    expect([0, 1, 1_000_000, 1_000_001, 3e9].map((ids) => partsOf(ids, 1_000_000))).toEqual([1, 1, 1, 2, 64]);
  });

  it('is also what could not be read, but was there, and not what was deleted or goes by ids of its own', () => {
    const feeds: Feed[] = [
      { object: 'contacts', shardTypeId: 'contact', paths: [] },
      { object: 'contacts#employer', target: 'employer', shardTypeId: 'company', derived: true, paths: [] },
    ];
    const change = (externalId: string, deleted: boolean) => ({ externalId, deleted, record: {} });
    const page = {
      changes: [change('1', false), change('2', true)],
      rejected: [{ externalId: '3', reason: 'It is no object.' }, { reason: 'It has no id.' }],
    };
    expect(linksOfRecords('int_1', feeds, page)).toEqual([idOf(1), idOf(3)]);
  });
});

describe('the name of a set of links', () => {
  it('is the same in whatever order and pieces they come, and another for another set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 40 }), fc.nat(40), (records, cut) => {
        const ids = records.map(idOf);
        const whole = addToDigest('', ids);
        expect(addToDigest(addToDigest('', ids.slice(cut)), ids.slice(0, cut).toReversed())).toBe(whole);
        expect(addToDigest('', ids.slice(1))).not.toBe(whole);
      }),
    );
  });
});
