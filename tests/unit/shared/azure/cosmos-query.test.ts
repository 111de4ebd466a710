import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listQuery } from '../../../../shared/azure/cosmos-query.ts';

const scope = { tenantId: 't1' };
const listing = { filters: [], order: 'ascending', limit: 20 } as const;

test('a list names the tenant and pages by id', () => {
  expect(listQuery({ ...scope, kind: 'task' }, { ...listing, order: 'descending', afterId: 'tsk_1' })).toEqual({
    query: 'SELECT TOP @p3 * FROM c WHERE c.tenantId = @p0 AND c.kind = @p1 AND c.id < @p2 ORDER BY c.id DESC',
    parameters: [
      { name: '@p0', value: 't1' },
      { name: '@p1', value: 'task' },
      { name: '@p2', value: 'tsk_1' },
      { name: '@p3', value: 20 },
    ],
  });
});

test('filters become quoted fields and parameters', () => {
  const filters = [
    { field: 'data.e-mail.value', is: 'equal', value: 'a"b' },
    { field: 'revision', is: 'at-least', value: 3 },
    { field: 'createdAt', is: 'below', value: '2030' },
    { field: 'text', is: 'contains', value: 'x' },
  ] as const;
  const { query } = listQuery({ ...scope, partition: { field: 'month', value: '2030-01' } }, { ...listing, filters });
  expect(query).toBe(
    'SELECT TOP @p6 * FROM c WHERE c.tenantId = @p0 AND c["month"] = @p1 AND c["data"]["e-mail"]["value"] = @p2' +
      ' AND c["revision"] >= @p3 AND c["createdAt"] < @p4 AND CONTAINS(c["text"], @p5, true) ORDER BY c.id ASC',
  );
});

test('nothing that a caller gives is part of the text of a query, unless it is a plain path', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 30 });
  fc.assert(
    fc.property(hostile, hostile, hostile, (tenantId, field, value) => {
      const ask = () =>
        listQuery({ tenantId }, { ...listing, filters: [{ field, is: 'equal', value }], afterId: value });
      if (!/^[A-Za-z_][\w-]*(\.[\w-]+)*$/.test(field)) {
        expect(ask).toThrow(RangeError);
        return;
      }
      const { query, parameters } = ask();
      expect(query.replaceAll(/\["[\w-]+"\]/g, '')).toBe(
        'SELECT TOP @p3 * FROM c WHERE c.tenantId = @p0 AND c = @p1 AND c.id > @p2 ORDER BY c.id ASC',
      );
      expect(parameters?.map((parameter) => parameter.value)).toEqual([tenantId, value, value, 20]);
    }),
  );
});

test.each([0, -1, 1.5, Number.NaN])('a page of %j is refused', (limit) => {
  expect(() => listQuery(scope, { ...listing, limit })).toThrow(RangeError);
});
