import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partition, rangeQuery } from '../../../../adapters/custom-rest/partition.ts';
import { customRestSettings } from '../../../../adapters/custom-rest/settings.ts';

const settingsWith = (earliest: string, format = 'iso') =>
  customRestSettings.parse({
    baseUrl: 'https://crm.example',
    auth: { kind: 'none' },
    testPath: '/me',
    objects: {
      people: {
        path: '/people',
        idField: 'id',
        paging: { kind: 'none' },
        partition: { fromParam: 'createdFrom', toParam: 'createdTo', format, earliest },
      },
      plain: { path: '/plain', idField: 'id', paging: { kind: 'none' } },
    },
  });

const objectOf = (format?: string) => {
  const { people } = settingsWith('2020-01-01T00:00:00Z', format).objects;
  if (people === undefined) throw new Error('no object');
  return people;
};

describe('the ranges of an object', () => {
  it('leave no instant out, and none twice', () => {
    const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(instant, instant, instant, fc.integer({ min: 1, max: 64 }), (earliest, now, created, parts) => {
        const ranges = partition(settingsWith(earliest.toISOString()), {
          object: 'people',
          parts,
          now: now.toISOString(),
        });
        expect(ranges.length).toBeLessThanOrEqual(parts);
        if (ranges.length === 0) return;
        const at = created.toISOString();
        const holding = ranges.filter(
          ({ from, to }) => (from === undefined || at >= String(from)) && (to === undefined || at < String(to)),
        );
        expect(holding).toHaveLength(1);
      }),
    );
  });

  it('are the same whenever they are asked for', () => {
    const request = { object: 'people', parts: 7, now: '2026-01-01T00:00:00.000Z' };
    const settings = settingsWith('2019-01-01T00:00:00Z');
    expect(partition(settings, request)).toEqual(partition(settings, request));
    expect(partition(settings, request)).toHaveLength(7);
  });

  it('are none where the settings name no span, or there is too little of it', () => {
    const now = '2026-01-01T00:00:00.000Z';
    expect(partition(settingsWith('2019-01-01T00:00:00Z'), { object: 'plain', parts: 8, now })).toEqual([]);
    expect(partition(settingsWith('2025-12-31T12:00:00Z'), { object: 'people', parts: 8, now })).toEqual([]);
    expect(partition(settingsWith('2030-01-01T00:00:00Z'), { object: 'people', parts: 8, now })).toEqual([]);
  });

  it.each([
    ['iso', '2021-05-01T00:00:00.000Z'],
    ['epoch-seconds', 1_619_827_200],
    ['epoch-milliseconds', 1_619_827_200_000],
  ] as const)('are asked for as %s', (format, value) => {
    expect(rangeQuery(objectOf(format), { from: '2021-05-01T00:00:00.000Z' })).toEqual({ createdFrom: value });
    expect(rangeQuery(objectOf(format), { to: '2021-05-01T00:00:00.000Z' })).toEqual({ createdTo: value });
  });

  it('are refused when they are not ranges of this object', () => {
    expect(rangeQuery(objectOf(), undefined)).toEqual({});
    expect(() => rangeQuery(objectOf(), { from: 'yesterday' })).toThrow();
    expect(() => rangeQuery({ ...objectOf(), partition: undefined }, { from: '2021-05-01T00:00:00.000Z' })).toThrow(
      TypeError,
    );
  });
});
