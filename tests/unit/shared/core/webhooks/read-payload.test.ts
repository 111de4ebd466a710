import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPayload } from '../../../../../shared/core/webhooks/read-payload.ts';

const read = (type: string | undefined, text: string | Uint8Array) =>
  readPayload(type, typeof text === 'string' ? Buffer.from(text) : text);

test.each([
  [undefined, '{"a":1}', { kind: 'json', value: { a: 1 } }],
  ['application/json; charset=UTF-8', '\ufeff[1]', { kind: 'json', value: [1] }],
  ['application/cloudevents+json', 'null', { kind: 'json', value: null }],
  ['text/xml', '<s:a xmlns:s="x"><b>1</b></s:a>', { kind: 'xml', value: { a: { b: '1' } } }],
  ['application/soap+xml', '<a>&amp;</a>', { kind: 'xml', value: { a: '&amp;' } }],
  ['text/plain', 'x', { kind: 'text' }],
])('%s %j is read', (type, text, payload) => {
  expect(read(type, text)).toMatchObject(payload);
});

test('a form is read', () => {
  const payload = read('application/x-www-form-urlencoded', 'payload=%7B%7D&a=1');
  expect(payload.kind === 'form' && payload.value.get('payload')).toBe('{}');
});

test.each([
  ['application/json', '{', 'must be valid JSON'],
  ['application/json', '', 'must be valid JSON'],
  ['application/json', '"\u0000"', 'must be valid JSON'],
  ['application/json', Uint8Array.from([0x22, 0xff, 0x22]), 'must be valid UTF-8'],
  ['application/json', '['.repeat(500_000), 'must not be nested deeper than 64 levels'],
  ['application/json', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'must not be nested deeper than 64 levels'],
  ['text/xml', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'must not declare a document type or entities'],
  ['text/xml', '<!doctype a SYSTEM "file:///etc/passwd"><a/>', 'must not declare a document type or entities'],
  ['text/xml', '<a><b></a>', 'must be well-formed XML'],
  ['text/xml', '<a>'.repeat(70) + '</a>'.repeat(70), 'must be well-formed XML of at most 64 levels'],
  ['text/plain', Uint8Array.from([0xc3]), 'must be valid UTF-8'],
])('%s %j is refused', (type, text, why) => {
  expect(read(type, text)).toEqual({ kind: 'refused', code: 'invalid-request', why });
});

test.each(['image/png', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16', ''])(
  'the type %j is not supported',
  (type) => {
    expect(read(type, '{}')).toMatchObject({ kind: 'refused', code: 'unsupported-media-type' });
  },
);

test('JSON of any shape is what JSON.parse says, unless it is too deep', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 20 }), (text) => {
      expect(read('application/json', text)).toEqual({ kind: 'json', value: JSON.parse(text) });
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 130 }), fc.string(), (depth, text) => {
      const nested = '['.repeat(depth) + JSON.stringify(`[[{${text}"`) + ']'.repeat(depth);
      expect(read('application/json', nested).kind).toBe(depth > 64 ? 'refused' : 'json');
    }),
  );
});

test('brackets in strings are no levels, and what is never closed ends', () => {
  expect(read('application/json', JSON.stringify(`${'['.repeat(1000)}\\"`)).kind).toBe('json');
  expect(read('application/json', `"${'['.repeat(1000)}`).kind).toBe('refused');
  expect(read('application/json', '"\\').kind).toBe('refused');
});
