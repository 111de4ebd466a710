import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../../../shared/core/strict-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const refusalOf = (input: string | Uint8Array) => {
  const result = parseStrictJson(typeof input === 'string' ? bytes(input) : input);
  return result.ok ? undefined : result.refusal;
};

/** What a JSON body may hold: any text without NUL, any value, names other than `__proto__`. */
const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\u0000'));
const acceptable = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).value;

describe('parseStrictJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(acceptable, fc.constantFrom(undefined, 2), (value, indent) => {
        const result = parseStrictJson(bytes(JSON.stringify(value, undefined, indent)));
        expect(result).toEqual({ ok: true, value });
      }),
    );
  });

  it('finds the second of two equal names wherever it stands', () => {
    fc.assert(
      fc.property(acceptable, text, fc.array(fc.constantFrom('a', 'list'), { maxLength: 6 }), (value, raw, nesting) => {
        const name = raw === '__proto__' ? 'x' : raw;
        const inner = JSON.stringify(value);
        let body = `{"other": ${inner}, ${JSON.stringify(name)}: ${inner}, ${JSON.stringify(name)}: 1}`;
        if (name === 'other') body = `{"other": ${inner}, "other": 1}`;
        const path: (string | number)[] = [name];
        for (const level of nesting) {
          body = level === 'a' ? `{"z": [${inner}], "a": ${body}}` : `[${inner}, ${body}]`;
          path.unshift(level === 'a' ? 'a' : 1);
        }
        expect(refusalOf(body)).toEqual({ path, message: 'must not be given twice' });
      }),
    );
  });

  it('sees a name that is spelled with escapes as the same name', () => {
    expect(refusalOf('{"name":1,"n\\u0061me":2}')).toEqual({ path: ['name'], message: 'must not be given twice' });
  });

  it.each([
    ['an escaped unpaired surrogate', '{"a":["\\ud800"]}', ['a', 0], 'unpaired surrogate'],
    ['an escaped NUL', '{"a":{"b":"x\\u0000"}}', ['a', 'b'], 'NUL'],
    ['a name with an unpaired surrogate', '{"\\udc00":1}', ['\udc00'], 'unpaired surrogate'],
    ['a name with NUL', '{"a":{"\\u0000":1}}', ['a', '\u0000'], 'NUL'],
    ['__proto__', '{"a":[{"__proto__":{}}]}', ['a', 0, '__proto__'], '__proto__'],
    ['a number beyond a double', '{"a":1e999}', ['a'], 'double'],
  ])('refuses %s where it stands', (_what, body, path, message) => {
    const refusal = refusalOf(body);
    expect(refusal?.path).toEqual(path);
    expect(refusal?.message).toContain(message);
  });

  it.each([
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'byte order mark'],
    ['a cut UTF-8 sequence', Uint8Array.of(0x22, 0xe2, 0x82, 0x22), 'UTF-8'],
    ['a surrogate encoded as UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'UTF-8'],
    ['an overlong encoding', Uint8Array.of(0x22, 0xc0, 0x80, 0x22), 'UTF-8'],
    ['a raw NUL', bytes('{"a":"\u0000"}'), 'valid JSON'],
    ['a trailing comma', bytes('{"a":1,}'), 'valid JSON'],
    ['two values', bytes('{} {}'), 'valid JSON'],
    ['only space', bytes('  '), 'valid JSON'],
  ])('refuses %s as a whole', (_what, body, message) => {
    const refusal = refusalOf(body);
    expect(refusal?.path).toEqual([]);
    expect(refusal?.message).toContain(message);
  });

  it('does not repeat the body in its message', () => {
    expect(refusalOf('{"key":"s3cret",!}')?.message).not.toContain('s3cret');
  });

  it('takes 64 levels and refuses the 65th, also when a million are sent', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(refusalOf(nested(64))).toBeUndefined();
    expect(refusalOf(nested(65))?.message).toContain('64 levels');
    expect(refusalOf(nested(500_000))?.message).toBeDefined();
    expect(refusalOf(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)?.message).toContain('64 levels');
  });
});
