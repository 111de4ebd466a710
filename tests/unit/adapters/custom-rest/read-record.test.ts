import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecord } from '../../../../adapters/custom-rest/read-record.ts';

const fields = { idField: 'id' };

test.each([
  ['c-1', 'c-1'],
  [' padded ', ' padded '],
  [42, '42'],
  [0, '0'],
  [-7, '-7'],
])('the id %o becomes %o', (id, externalId) => {
  expect(readRecord({ id }, 0, fields)).toMatchObject({ kind: 'change', change: { externalId } });
});

test.each(['', '\ud800', 1.5, 2 ** 53, Number.NaN, true, null, {}, ['1'], undefined])('%o is no id', (id) => {
  const record = JSON.parse(JSON.stringify({ name: 'x' }));
  if (id !== undefined) record.id = id;
  expect(readRecord(record, 4, fields)).toMatchObject({
    kind: 'rejected',
    rejected: { reason: expect.stringContaining('Item 5') },
  });
});

test.each<[unknown, boolean]>([
  [undefined, false],
  [null, false],
  [false, false],
  [0, false],
  ['', false],
  ['false', false],
  ['0', false],
  [true, true],
  [1, true],
  ['2024-02-29T12:00:00Z', true],
  [{}, true],
])('a marker of %o without a value to equal means deleted: %s', (marker, deleted) => {
  const item = marker === undefined ? { id: 1 } : { id: 1, gone: marker };
  expect(readRecord(item, 0, { ...fields, deleted: { field: 'gone' } })).toMatchObject({ change: { deleted } });
});

test.each<[unknown, string | number | boolean, boolean]>([
  ['archived', 'archived', true],
  ['live', 'archived', false],
  [1, '1', true],
  ['true', true, true],
  [false, false, true],
  [null, 'null', true],
  [undefined, 'undefined', false],
  [['archived'], 'archived', false],
])('a marker of %o that must equal %o: %s', (marker, equals, deleted) => {
  const item = marker === undefined ? { id: 1 } : { id: 1, state: marker };
  expect(readRecord(item, 0, { ...fields, deleted: { field: 'state', equals } })).toMatchObject({
    change: { deleted },
  });
});

test('anything is either a change with its record or a reason', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('id', 'a.b', '0', '__proto__.x'), (item, idField) => {
      const read = readRecord(item, 0, { idField, modifiedField: 'at', deleted: { field: 'gone' } });
      if (read.kind === 'change') expect(read.change.record).toBe(item);
      else expect(read.rejected.reason).toMatch(/\.$/);
    }),
  );
});
