import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Transform } from '../../../../../shared/contracts/mapping.ts';
import { InvalidMapping } from '../../../../../shared/core/conversion/invalid-mapping.ts';
import type { Json } from '../../../../../shared/core/json.ts';
import { convertFields } from '../../../../kit/convert-with.ts';

const apply = async (transforms: Transform[], value: Json) =>
  convertFields({ value }, [{ to: 'value', from: 'value', transforms }]);

describe('a transform', () => {
  it.each<[Transform[], Json, Json]>([
    [['trim', 'upper'], '  é ', 'É'],
    [['title'], "jean-luc o'neil", "Jean-Luc O'Neil"],
    [[{ kind: 'title', locale: 'tr' }], 'istanbul', 'İstanbul'],
    [['string'], 1.5, '1.5'],
    [['string'], { a: 1 }, '{"a":1}'],
    [['number'], ' -1.5e3 ', -1500],
    [['number'], '.5', 0.5],
    [[{ kind: 'number', locale: 'de' }], '1.234.567,89', 1_234_567.89],
    [[{ kind: 'number', locale: 'de' }], '-1,5', -1.5],
    [[{ kind: 'number', locale: 'en' }], '1,234.5', 1234.5],
    [[{ kind: 'number', locale: 'fr' }], '1 234,5', 1234.5],
    [[{ kind: 'number', locale: 'fr' }], '1\u202f234,5', 1234.5],
    [[{ kind: 'number', locale: 'en-IN' }], '12,34,567.5', 1_234_567.5],
    [[{ kind: 'number', locale: 'sl' }], '\u22121.000,25', -1000.25],
    [[{ kind: 'format-number', locale: 'de' }], 1234.5, '1234,5'],
    [['boolean'], 'Yes', true],
    [['boolean'], 0, false],
    [[{ kind: 'boolean', locale: 'de' }], 'Nein', false],
    [[{ kind: 'boolean', locale: 'sl' }], 'da', true],
    [['first', 'trim'], [' a ', 'b'], 'a'],
    [['wrap'], 'a', ['a']],
    [['instant'], 1_700_000_000, '2023-11-14T22:13:20.000Z'],
    [['instant'], 1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
    [['instant'], '2024-02-29T12:00:00+02:00', '2024-02-29T10:00:00.000Z'],
    [['instant'], '2024-02-29T12:00:00', '2024-02-29T12:00:00.000Z'],
    [[dateTime('dd.MM.yyyy HH:mm', 'Europe/Ljubljana')], '29.02.2024 12:00', '2024-02-29T11:00:00.000Z'],
    [[dateTime('dd.MM.yyyy HH:mm', 'Europe/Ljubljana')], '29.07.2024 12:00', '2024-07-29T10:00:00.000Z'],
    [[dateTime("d. MMMM yyyy 'ob' HH:mm", 'UTC', 'sl')], '3. maj 2024 ob 08:05', '2024-05-03T08:05:00.000Z'],
    [[{ kind: 'date', format: 'M/d/yyyy', locale: 'en' }], '2/29/2024', '2024-02-29'],
    [[{ kind: 'phone', country: 'SI' }], '(040) 123-456', '+38640123456'],
    [[{ kind: 'phone' }], '+1 (212) 555-0123 ext. 7', '+12125550123'],
    [['email'], ' Ana.Novak@Example.ORG ', 'ana.novak@example.org'],
    [['email'], 'mailto:ana@example.org', 'ana@example.org'],
    [['url'], 'example.org/a b', 'https://example.org/a%20b'],
    [['domain'], 'https://www.shop.example.co.uk/x?y', 'example.co.uk'],
    [['domain'], 'ana@mail.example.org', 'example.org'],
    [[{ kind: 'split', separator: ';' }], 'a; b;;c ', ['a', 'b', 'c']],
    [[{ kind: 'join', separator: ', ' }], ['a', null, 2], 'a, 2'],
    [[{ kind: 'replace', find: '$1', with: '$&' }], 'a$1b', 'a$&b'],
    [[{ kind: 'replace-pattern', pattern: '(\\d+)-(\\d+)', with: '$2/$1' }], '12-34', '34/12'],
    [[{ kind: 'truncate', length: 3 }], 'ab👍cd', 'ab'],
    [[{ kind: 'values', map: [{ from: 'A', to: 'active' }], otherwise: 'keep' }], 'B', 'B'],
    [[{ kind: 'values', map: [{ from: 1, to: true }], otherwise: 'fail' }], 1, true],
    [[{ kind: 'each', transforms: ['trim', 'lower'] }], [' A', 'B '], ['a', 'b']],
    [['trim', 'number'], null, null],
    [['trim'], 5, 5],
  ])('%j of %j is %j', async (transforms, value, wanted) => {
    expect(await apply(transforms, value)).toEqual({ value: wanted });
  });

  it.each<[Transform[], Json, string]>([
    [['number'], '', 'is not a number'],
    [['number'], '0x10', 'is not a number'],
    [['number'], '1,5', 'is not a number'],
    [['number'], '1e999', 'is too large a number'],
    [[{ kind: 'number', locale: 'en' }], '1,5', 'is not a number'],
    [[{ kind: 'number', locale: 'de' }], '1,2,3', 'is not a number'],
    [['boolean'], 'maybe', 'is neither true nor false'],
    [['boolean'], [], 'is neither true nor false'],
    [['instant'], '31.12.2024', 'is not a date and time'],
    [['instant'], '2024-13-01', 'is not a date and time'],
    [['instant'], 1e300, 'is not a date and time'],
    [
      [dateTime('dd.MM.yyyy HH:mm', 'UTC')],
      '30.02.2024 12:00',
      'is not a date and time of the format "dd.MM.yyyy HH:mm"',
    ],
    [[{ kind: 'phone', country: 'SI' }], 'call me', 'is not a phone number'],
    [['email'], 'ana at example', 'is not an e-mail address'],
    [['domain'], 'localhost', 'has no domain'],
    [['url'], 'javascript:alert(1)', 'is not a web address'],
    [[{ kind: 'values', map: [{ from: 'A', to: 1 }], otherwise: 'fail' }], 'B', 'is not one of the mapped values'],
  ])('%j refuses %j', async (transforms, value, why) => {
    expect(await apply(transforms, value)).toEqual([`Field "value" ${why}.`]);
  });

  it.each<[string, Transform[], Json]>([
    ['an empty list', ['first', 'trim'], []],
    ['an empty text', ['email'], ' '],
    ['a value to be left out', [{ kind: 'values', map: [{ from: 'A', to: 1 }], otherwise: 'leave-out' }], 'B'],
  ])('of %s is nothing', async (_what, transforms, value) => {
    expect(await apply(transforms, value)).toEqual({});
  });

  it.each<[Transform, string]>([
    [{ kind: 'replace-pattern', pattern: '(a)\\1', with: '' }, 'pattern'],
    [{ kind: 'replace-pattern', pattern: '(?=a)', with: '' }, 'pattern'],
    [dateTime('dd.MM. HH:mm', 'UTC'), 'format'],
    [dateTime('yyyy', 'Mars/Olympus'), 'zone'],
    [{ kind: 'phone', country: 'ZZ' }, 'country'],
    [{ kind: 'boolean', locale: 'ja' }, 'locale'],
    [{ kind: 'number', locale: 'xx' }, 'locale'],
    [{ kind: 'title', locale: 'qq' }, 'locale'],
  ])('%j is refused before any record comes', async (transform, key) => {
    const error = await apply([transform], 'x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidMapping);
    expect((error as InvalidMapping).problems).toMatchObject([{ path: [0, 'fields', 0, 'transforms', 0, key] }]);
  });

  it('once applied changes nothing more: a value that is pulled again is the same', async () => {
    const normalising: Transform[] = [
      'trim',
      'lower',
      'upper',
      'title',
      'number',
      'boolean',
      'instant',
      'email',
      'url',
      'domain',
    ];
    const value = fc.oneof(
      fc.string(),
      fc.emailAddress(),
      fc.webUrl(),
      fc.double({ noNaN: true }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...normalising), value, async (transform, given) => {
        const once = await apply([transform], given);
        if (Array.isArray(once) || once['value'] === undefined) return;
        expect(await apply([transform], once['value'])).toEqual(once);
      }),
    );
  });

  it('reads what a locale writes', async () => {
    const locale = fc.constantFrom('en', 'de', 'fr', 'sl', 'en-IN', 'de-CH', 'ar-EG', 'hi', 'pl', 'pt-BR');
    const number = fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 })
      .map((each) => Number(each.toFixed(3)));
    await fc.assert(
      fc.asyncProperty(locale, number, async (name, value) => {
        const written = new Intl.NumberFormat(name, { maximumFractionDigits: 3 }).format(value);
        const wanted = Object.is(value, -0) ? 0 : value;
        const read = await apply([{ kind: 'number', locale: name }], written);
        expect({ written, value: Array.isArray(read) ? read : Number(read['value']) + 0 }).toEqual({
          written,
          value: wanted,
        });
      }),
    );
  });
});

function dateTime(format: string, zone: string, locale = 'en'): Transform {
  return { kind: 'date-time', format, zone, locale };
}
