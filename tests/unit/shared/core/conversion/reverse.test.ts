import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappingTarget } from '../../../../../shared/contracts/mapping.ts';
import { compileReverse } from '../../../../../shared/core/conversion/compile-reverse.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { compileTargets, convertOne, type FieldInput } from '../../../../kit/convert-with.ts';

const noAnswers = async () => [];

async function reverseOf(fields: readonly FieldInput[], reverse: readonly FieldInput[] = []) {
  return compileReverse(mappingTarget.parse({ shardTypeId: 'thing', fields, reverse }));
}

const invertible: FieldInput[] = [
  { to: 'name.first', from: 'firstName', transforms: ['trim'] },
  { to: 'email', from: 'contact.mail', transforms: ['email'] },
  { to: 'amount', from: 'amount', transforms: [{ kind: 'number', locale: 'de' }] },
  {
    to: 'at',
    from: 'at',
    transforms: [{ kind: 'date-time', format: 'dd.MM.yyyy HH:mm:ss', zone: 'Europe/Ljubljana' }],
  },
  { to: 'day', from: 'day', transforms: [{ kind: 'date', format: 'M/d/yyyy' }] },
  { to: 'tags', from: 'tags', transforms: [{ kind: 'split', separator: ';' }] },
  {
    to: 'stage',
    from: 'stage',
    transforms: [
      'lower',
      {
        kind: 'values',
        map: [
          { from: 'won', to: 1 },
          { from: 'lost', to: 2 },
        ],
        otherwise: 'keep',
      },
    ],
  },
  { to: 'rows', items: { from: 'lines', fields: [{ to: 'sku', from: 'code', transforms: ['upper'] }] } },
  { to: 'source', constant: 'crm' },
];

describe('the way back', () => {
  it('follows from the rules where they can be followed', async () => {
    const reverter = await reverseOf(invertible);
    expect(reverter.notInvertible).toEqual([]);
    const shard: JsonObject = {
      name: { first: 'Ana' },
      email: 'ana@example.org',
      amount: 1234.5,
      at: '2024-07-29T10:00:00.000Z',
      day: '2024-02-29',
      tags: ['a', 'b'],
      stage: 2,
      rows: [{ sku: 'A1' }],
      source: 'crm',
      note: 'ours alone',
    };
    expect(await reverter.revert([shard], noAnswers)).toEqual([
      {
        ok: true,
        record: {
          firstName: 'Ana',
          contact: { mail: 'ana@example.org' },
          amount: '1234,5',
          at: '29.07.2024 12:00:00',
          day: '2/29/2024',
          tags: 'a;b',
          stage: 'lost',
          lines: [{ code: 'A1' }],
        },
      },
    ]);
  });

  it.each<[FieldInput[], string]>([
    [[{ to: 'a', template: 'x' }], 'is computed'],
    [[{ to: 'a', join: { from: ['x', 'y'] } }], 'is computed'],
    [[{ to: 'a', from: 'x', when: [{ field: 'y', is: 'present' }] }], 'has a condition'],
    [
      [
        { to: 'a', from: 'x' },
        { to: 'a', from: 'y' },
      ],
      'has alternatives',
    ],
    [[{ to: 'a', from: 'x.*.y' }], 'reads a part of a list'],
    [[{ to: 'a', from: 'x.0' }], 'reads a part of a list'],
    [[{ to: 'a', from: 'x', oneWay: true }], 'is one-way'],
    [[{ to: 'a', from: 'x', transforms: ['hash'] }], 'loses what "hash" takes away'],
    [[{ to: 'a', from: 'x', transforms: [{ kind: 'truncate', length: 3 }] }], 'loses what "truncate" takes away'],
    [
      [
        {
          to: 'a',
          from: 'x',
          transforms: [
            {
              kind: 'values',
              map: [
                { from: 1, to: 0 },
                { from: 2, to: 0 },
              ],
            },
          ],
        },
      ],
      'maps several values to one',
    ],
  ])('does not follow from %j', async (fields, reason) => {
    expect((await reverseOf(fields)).notInvertible).toEqual([{ field: 'a', reason }]);
  });

  it('is what the mapping says where it says it', async () => {
    const fields: FieldInput[] = [{ to: 'full', join: { from: ['first', 'last'] } }];
    const reverse: FieldInput[] = [
      { to: 'first', from: 'full', transforms: [{ kind: 'split', separator: ' ' }, 'first'] },
      { to: 'last', from: 'full', transforms: [{ kind: 'replace-pattern', pattern: '^\\S+ ', with: '' }] },
    ];
    const reverter = await reverseOf(fields, reverse);
    expect(reverter).toMatchObject({ covered: ['full'], notInvertible: [] });
    const [good, bad] = await reverter.revert([{ full: 'Ana Novak' }, { full: 'Ana' }], noAnswers);
    expect(good).toEqual({ ok: true, record: { first: 'Ana', last: 'Novak' } });
    expect(bad).toMatchObject({ ok: false, errors: [{ field: 'full' }] });
  });

  it('is never taken where the value would come back otherwise', async () => {
    const reverter = await reverseOf([{ to: 'tags', from: 'tags', transforms: [{ kind: 'split', separator: ';' }] }]);
    expect(await reverter.revert([{ tags: ['a;b'] }], noAnswers)).toMatchObject([
      { ok: false, errors: [{ field: 'tags' }] },
    ]);
  });

  it('and there again is where one was, for every record that converts', async () => {
    const converter = await compileTargets([{ shardTypeId: 'thing', fields: invertible }]);
    const reverter = await reverseOf(invertible);
    const twoDigits = (value: number) => String(value).padStart(2, '0');
    const record = fc.record(
      {
        firstName: fc.oneof(fc.string(), fc.constant(null)),
        contact: fc.record({ mail: fc.emailAddress() }),
        amount: fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((value) => value.toFixed(2).replace('.', ',')),
        at: fc
          .date({ min: new Date('1980-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })
          .map(
            (date) =>
              `${twoDigits(date.getUTCDate())}.${twoDigits(date.getUTCMonth() + 1)}.${date.getUTCFullYear()} 12:00:07`,
          ),
        day: fc.constantFrom('2/29/2024', '12/31/1999'),
        tags: fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ') })).map((tags) => tags.join(';')),
        stage: fc.constantFrom('WON', 'lost', 'open'),
        lines: fc.array(fc.record({ code: fc.string() })),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<JsonObject>;
    await fc.assert(
      fc.asyncProperty(record, async (given) => {
        const [first] = await convertOne(converter, given);
        if (first?.ok !== true) return;
        const [back] = await reverter.revert([first.data], noAnswers);
        expect(back).toMatchObject({ ok: true });
        if (back?.ok !== true) return;
        expect(await convertOne(converter, back.record)).toMatchObject([{ ok: true, data: first.data }]);
      }),
    );
  });
});
