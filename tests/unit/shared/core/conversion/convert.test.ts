import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, Question } from '../../../../../shared/core/conversion/deferral.ts';
import { inlineTargets } from '../../../../../shared/core/conversion/inline-targets.ts';
import { mappingVersion } from '../../../../../shared/core/conversion/mapping-version.ts';
import type { Json, JsonObject } from '../../../../../shared/core/json.ts';
import {
  compileTargets,
  convertFields,
  convertOne,
  type FieldInput,
  type TargetInput,
} from '../../../../kit/convert-with.ts';

describe('a field', () => {
  it('comes from nested fields and list items, and is left out where nothing is', async () => {
    const record = { person: { names: ['Ana', 'Maria'] }, empty: null };
    const fields = [
      { to: 'first', from: 'person.names.0' },
      { to: 'a.b', from: 'person.names.5' },
      { to: 'none', from: 'empty.x' },
      { to: 'empty', from: 'empty' },
    ];
    expect(await convertFields(record, fields)).toEqual({ first: 'Ana', empty: null });
  });

  it('collects every item of a list, and flattens lists in lists', async () => {
    const record = {
      emails: [{ at: 'a' }, {}, { at: 'b' }],
      teams: [{ people: [{ n: 1 }, { n: 2 }] }, { people: [{ n: 3 }] }],
    };
    const fields = [
      { to: 'emails', from: 'emails.*.at' },
      { to: 'people', from: 'teams.*.people.*.n' },
      { to: 'none', from: 'other.*.x' },
    ];
    expect(await convertFields(record, fields)).toEqual({ emails: ['a', 'b'], people: [1, 2, 3] });
  });

  it('never reads what a record inherits', async () => {
    const fields = [
      { to: 'a', from: 'toString' },
      { to: 'b', from: 'x.length' },
    ];
    expect(await convertFields({ x: 'text' }, fields)).toEqual({});
  });

  it('is a constant, a joined text, or a default', async () => {
    const fields: FieldInput[] = [
      { to: 'source', constant: 'crm' },
      { to: 'name', join: { from: ['first', 'middle', 'last'] } },
      { to: 'stage', from: 'stage', default: 'new' },
      { to: 'zero', from: 'zero', default: 5 },
      { to: 'nothing', join: { from: ['middle'] } },
    ];
    const record = { first: ' Ana ', middle: null, last: 'Novak', stage: null, zero: 0 };
    expect(await convertFields(record, fields)).toEqual({ source: 'crm', name: 'Ana Novak', stage: 'new', zero: 0 });
  });

  it('has alternatives: the first whose condition holds and that yields a value', async () => {
    const fields: FieldInput[] = [
      { to: 'phone', from: 'mobile', when: [{ field: 'country', is: 'one-of', values: ['SI', 'AT'] }] },
      { to: 'phone', from: 'office' },
      { to: 'phone', constant: 'none' },
    ];
    expect(await convertFields({ country: 'SI', mobile: '1', office: '2' }, fields)).toEqual({ phone: '1' });
    expect(await convertFields({ country: 'DE', mobile: '1', office: '2' }, fields)).toEqual({ phone: '2' });
    expect(await convertFields({ country: 'SI', office: null }, fields)).toEqual({ phone: 'none' });
  });

  it.each<[NonNullable<FieldInput['when']>[number], Json, boolean]>([
    [{ field: 'x', is: 'equal', value: 1 }, 1, true],
    [{ field: 'x', is: 'equal', value: '1' }, 1, false],
    [{ field: 'x', is: 'not-equal', value: 'a' }, 'b', true],
    [{ field: 'x', is: 'none-of', values: ['a', 'b'] }, 'b', false],
    [{ field: 'x', is: 'present' }, '', false],
    [{ field: 'x', is: 'absent' }, null, true],
    [{ field: 'x', is: 'at-least', value: 5 }, 5, true],
    [{ field: 'x', is: 'at-least', value: 5 }, '7', false],
    [{ field: 'x', is: 'at-most', value: '2024-01-01' }, '2023-12-31', true],
    [{ field: 'x', is: 'matches', pattern: '^a.*z$' }, 'abz', true],
    [{ field: 'x', is: 'matches', pattern: '(x+x+)+y' }, 'x'.repeat(5000), false],
  ])('%j of %j holds: %j', async (test, x, holds) => {
    expect(await convertFields({ x }, [{ to: 'ok', constant: true, when: [test] }])).toEqual(holds ? { ok: true } : {});
  });

  it('of a list is an object for every item, also in lists in it', async () => {
    const fields: FieldInput[] = [
      {
        to: 'lines',
        items: {
          from: 'rows',
          fields: [
            { to: 'sku', from: 'code', transforms: ['upper'], required: true },
            { to: 'tags', items: { from: 'tags', fields: [{ to: 'name', from: 't' }] } },
          ],
        },
      },
    ];
    const rows = [{ code: 'a', tags: [{ t: 1 }] }, { code: 'b' }];
    expect(await convertFields({ rows }, fields)).toEqual({ lines: [{ sku: 'A', tags: [{ name: 1 }] }, { sku: 'B' }] });
    expect(await convertFields({}, fields)).toEqual({});
    expect(await convertFields({ rows: {} }, fields)).toEqual(['Field "rows" is not a list.']);
    const converter = await compileTargets([{ shardTypeId: 'thing', fields }]);
    expect(await convertOne(converter, { rows: [{ code: 'a' }, {}] })).toMatchObject([
      { ok: false, errors: [{ field: 'lines.1.sku' }] },
    ]);
  });
});

describe('what is required', () => {
  it.each([[undefined], [null], ['']])('fails the record where it is %j', async (value) => {
    const record: JsonObject = value === undefined ? {} : { id: value };
    expect(await convertFields(record, [{ to: 'id', from: 'id', required: true }])).toEqual([
      'Required field "id" is missing or empty.',
    ]);
  });

  it('is there when it is false or 0, and not asked for where its condition does not hold', async () => {
    const fields: FieldInput[] = [
      { to: 'a', from: 'a', required: true },
      { to: 'b', from: 'b', required: true },
      { to: 'c', from: 'c', required: true, when: [{ field: 'a', is: 'equal', value: true }] },
    ];
    expect(await convertFields({ a: false, b: 0 }, fields)).toEqual({ a: false, b: 0 });
  });

  it('and everything else that is wrong is told at once', async () => {
    const fields: FieldInput[] = [
      { to: 'id', from: 'id', required: true },
      { to: 'age', from: 'age', transforms: ['number'] },
    ];
    expect(await convertFields({ age: 'x' }, fields)).toEqual([
      'Required field "id" is missing or empty.',
      'Field "age" is not a number.',
    ]);
  });
});

describe('a shard type', () => {
  const schema: JsonObject = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      code: { type: 'string', pattern: '^(a+)+$' },
      address: { type: 'object', properties: { zip: { type: 'string' } }, additionalProperties: false },
    },
  };
  const fields: FieldInput[] = ['name', 'code', 'address.zip', 'address.other'].map((path) => ({
    to: path,
    from: path,
  }));

  it('names each field that does not fit it', async () => {
    const converter = await compileTargets([{ shardTypeId: 'strict', fields }], { strict: schema });
    const shards = await convertOne(converter, { code: 'b', address: { zip: 1, other: 2 } });
    const errors = shards.flatMap((shard) => (shard.ok ? [] : shard.errors.map((error) => error.field)));
    expect(errors.sort()).toEqual(['address.other', 'address.zip', 'code', 'name']);
  });

  it('does not ask a source that supplies a part for the rest', async () => {
    const partial = await compileTargets([{ shardTypeId: 'strict', fields, partial: true }], { strict: schema });
    expect(await convertOne(partial, { code: 'aaa' })).toMatchObject([{ ok: true, data: { code: 'aaa' } }]);
  });

  it('takes no longer for a hostile text than for another', async () => {
    const converter = await compileTargets([{ shardTypeId: 'strict', fields }], { strict: schema });
    expect(await convertOne(converter, { name: 'x', code: `${'a'.repeat(50_000)}!` })).toMatchObject([{ ok: false }]);
  });
});

describe('a record that feeds several shards', () => {
  const targets: TargetInput[] = [
    { shardTypeId: 'contact', fields: [{ to: 'email', from: 'email' }] },
    {
      shardTypeId: 'company',
      name: 'employer',
      externalId: 'company.id',
      when: [{ field: 'company.id', is: 'present' }],
      fields: [{ to: 'name', from: 'company.name' }],
    },
    { shardTypeId: 'note', name: 'note', each: 'notes', externalId: 'id', fields: [{ to: 'text', from: 'text' }] },
  ];

  it('feeds each under an id of its own', async () => {
    const converter = await compileTargets(targets);
    const record = {
      email: 'a@b.si',
      company: { id: 7, name: 'Acme' },
      notes: [
        { id: 'n1', text: 'x' },
        { id: 'n2', text: 'y' },
      ],
    };
    const shards = await convertOne(converter, record);
    expect(shards.map((shard) => [shard.feed.object, shard.feed.shardTypeId, shard.externalId])).toEqual([
      ['people', 'contact', 'p1'],
      ['people#employer', 'company', '7'],
      ['people#note', 'note', 'n1'],
      ['people#note', 'note', 'n2'],
    ]);
    expect((await convertOne(converter, { email: 'a@b.si' })).map((shard) => shard.feed.shardTypeId)).toEqual([
      'contact',
    ]);
    expect(await convertOne(converter, { notes: [{ text: 'without id' }] })).toMatchObject([
      { ok: true },
      { ok: false },
    ]);
  });

  it('deletes only the shard that is the record itself', async () => {
    const converter = await compileTargets(targets);
    const [shards] = await converter.convert([{ externalId: 'p1', deleted: true, record: {} }], async () => []);
    expect(shards).toMatchObject([{ ok: true, deleted: true, externalId: 'p1', feed: { shardTypeId: 'contact' } }]);
  });
});

describe('a question', () => {
  const targets: TargetInput[] = [
    {
      shardTypeId: 'thing',
      fields: [
        { to: 'a', template: 'A' },
        { to: 'a', template: 'B' },
        { to: 'owner', lookup: { from: 'owners', shardTypeId: 'contact', object: 'people' } },
        {
          to: 'rows',
          items: { from: 'rows', fields: [{ to: 'x', script: 'item.x' }] },
          when: [{ field: 'rows', is: 'present' }],
        },
        { to: 'b', template: 'C', transforms: ['number'] },
      ],
    },
  ];
  const row = fc.record({ x: fc.integer() });
  const record = fc.record(
    { owners: fc.oneof(fc.integer(), fc.constant(''), fc.array(fc.string())), rows: fc.array(row) },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>;

  /** What an answer is depends on its question alone. */
  const answerOf = (question: Question): Answer => {
    if (question.kind === 'lookup') return { ok: true, value: `shard of ${question.key}` };
    const { source } = question.program;
    if (source === 'item.x') return { ok: true, value: (question.item as { x: number }).x };
    const seen = JSON.stringify(question.record).length;
    if (seen % 3 === 0) return { ok: false, message: 'took too long' };
    return { ok: true, value: seen % 2 === 0 && source === 'A' ? undefined : `${source === 'C' ? '' : source}${seen}` };
  };

  it('is answered as if the record were alone, whatever else is in the page and in whatever order', async () => {
    const converter = await compileTargets(targets);
    const convert = async (records: readonly JsonObject[]) =>
      converter.convert(
        records.map((each) => ({ externalId: 'x', deleted: false, record: each })),
        async (questions) => questions.map(answerOf),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 6 }), async (records) => {
        const together = await convert(records);
        const backwards = (await convert(records.toReversed())).toReversed();
        const alone = await Promise.all(records.map(async (each) => (await convert([each]))[0]));
        expect(together).toEqual(alone);
        expect(backwards).toEqual(alone);
      }),
    );
  });

  it('that finds nothing is a matter of the rule', async () => {
    const lookup = { from: 'id', shardTypeId: 'contact', field: 'email' } as const;
    const none = async (questions: readonly Question[]) =>
      questions.map((): Answer => ({ ok: true, value: undefined }));
    expect(await convertFields({ id: 'x' }, [{ to: 'a', lookup }], none)).toEqual({});
    expect(await convertFields({ id: 'x' }, [{ to: 'a', lookup: { ...lookup, missing: 'fail' } }], none)).toEqual([
      'Field "a" finds no contact.',
    ]);
  });
});

describe('the version of a mapping', () => {
  const of = (fields: FieldInput[], shardTypes: Record<string, string> = { contact: '1' }) =>
    mappingVersion('people', inlineTargets({ shardTypeId: 'contact', fields: fields as never }), shardTypes);

  it('follows what the mapping does, and the shard types that it is held to', () => {
    const fields: FieldInput[] = [
      { to: 'a', from: 'a' },
      { to: 'b', from: 'b' },
    ];
    expect(of([...fields])).toBe(of(fields));
    expect(of(fields.toReversed())).not.toBe(of(fields));
    expect(of([...fields, { to: 'c', from: 'c' }])).not.toBe(of(fields));
    expect(of(fields, { contact: '2' })).not.toBe(of(fields));
  });
});
