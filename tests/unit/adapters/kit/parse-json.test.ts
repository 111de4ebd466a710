import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonBody } from '../../../../adapters/kit/parse-json.ts';

const parse = (text: string | Uint8Array, contentType?: string) =>
  parseJsonBody('GET https://crm.example/', typeof text === 'string' ? Buffer.from(text) : text, contentType);

test('reads back any JSON, with or without a byte order mark', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, withMark) => {
      const text = JSON.stringify(value);
      if (text.includes('__proto__')) return;
      expect(parse(withMark ? `\uFEFF${text}` : text, 'application/json')).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  undefined,
  'application/json',
  'Application/JSON; charset=UTF-8',
  'text/json',
  'application/hal+json;v=1',
  'application/vnd.api+json',
])('takes %s for JSON', (contentType) => {
  expect(parse('{"a":1}', contentType)).toEqual({ a: 1 });
});

test.each(['text/html', 'text/plain', 'application/xml', 'application/jsonp', 'application/x-ndjson', 'nonsense'])(
  'does not take %s for JSON',
  (contentType) => {
    expect(() => parse('{"a":1}', contentType)).toThrow(contentType);
  },
);

test('a content type is shown only if it is one', () => {
  expect(() => parse('1', 'text/<script>')).toThrow('another content type');
});

test.each(['', '{"a":', '[1,2', '{"a":1}}', 'undefined', "{'a':1}", 'NaN'])('refuses %s without quoting it', (text) => {
  expect(() => parse(text, 'application/json')).toThrow(
    /^GET https:\/\/crm\.example\/ was answered with (an empty body|what is not valid JSON \(\d+ bytes; truncated or damaged\))\.$/,
  );
});

test('reads other charsets, and refuses what its charset cannot decode', () => {
  expect(parse(Buffer.from('"\xe9"', 'latin1'), 'application/json; charset=iso-8859-1')).toBe('é');
  expect(() => parse(Buffer.from('"\xe9"', 'latin1'), 'application/json')).toThrow('charset');
  expect(() => parse('1', 'application/json; charset=klingon')).toThrow('charset');
});

test('leaves prototype members out, however they are written and wherever they are', () => {
  const value = parse('[{"__proto__":{"a":1},"b":{"\\u005f_proto__":2,"c":3}},"__proto__"]');
  expect(JSON.stringify(value)).toBe('[{"b":{"c":3}},"__proto__"]');
  expect(Reflect.get(Object.prototype, 'a')).toBeUndefined();
});
