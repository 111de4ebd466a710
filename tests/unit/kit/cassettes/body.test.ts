import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody, encodeBody } from '../../../kit/cassettes/body.ts';

test('any bytes come back as they were', () => {
  const texts = fc.oneof(
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
    fc.string({ unit: 'binary' }),
    fc.constant('\u{feff}{"a":1}'),
    fc.constant('{"10":1,"2":2}'),
    fc.constant('{"a":1,"a":2}'),
    fc.constant('{"a":1.0}'),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        texts.map((text) => Buffer.from(text)),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        expect(decodeBody(encodeBody(bytes)).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('JSON is kept as JSON, other text by its lines, the rest as base64', () => {
  expect(encodeBody(Buffer.from('{"a":[1,"é"]}'))).toEqual({ json: { a: [1, 'é'] }, indent: 0 });
  expect(encodeBody(Buffer.from('{\n  "a": 1\n}'))).toEqual({ json: { a: 1 }, indent: 2 });
  expect(encodeBody(Buffer.from('{"a": 1}'))).toEqual({ lines: ['{"a": 1}'] });
  expect(encodeBody(Buffer.from('<a>\n</a>\n'))).toEqual({ lines: ['<a>', '</a>', ''] });
  expect(encodeBody(Buffer.from([0xff, 0x00]))).toEqual({ base64: '/wA=' });
});
