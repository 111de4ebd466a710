import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseListRequest, writeCursor } from '../../../../local/demo-crm/list-request.ts';
import { Problem } from '../../../../local/demo-crm/problem.ts';

const parse = (query: string) => parseListRequest('contacts', new URLSearchParams(query));

describe('parseListRequest', () => {
  it('reads back from a cursor alone the query it was written for', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 }), { nil: undefined }),
        fc.nat(),
        fc.nat(),
        fc.option(fc.nat(), { nil: undefined }),
        (includeDeleted, sinceMs, updatedAtMs, index, nonce) => {
          const since = sinceMs === undefined ? '' : `&modifiedSince=${new Date(sinceMs).toISOString()}`;
          const request = parse(`includeDeleted=${includeDeleted}${since}`);
          const cursor = writeCursor(request, { updatedAtMs, index }, nonce);
          expect(parse(`cursor=${cursor}`)).toEqual({
            ...request,
            paging: { by: 'cursor', cursor, after: { updatedAtMs, index } },
          });
        },
      ),
    );
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=ten',
    'offset=-1',
    'page=0',
    'page=1&offset=1',
    'sort=name',
    'includeDeleted=yes',
    'modifiedSince=yesterday',
    'modifiedSince=2026-02-30T99:00:00Z',
    'modifiedSince=2026-01-01T00:00:00Z&sort=id',
    'cursor=x',
    'cursor=W10',
    'colour=red',
  ])('refuses %s', (query) => {
    expect(() => parse(query)).toThrow(Problem);
  });

  it('refuses the cursor of another query', () => {
    const cursor = writeCursor(parse('modifiedSince=2026-01-01T00:00:00Z'), { updatedAtMs: 1, index: 1 });
    expect(() => parse(`cursor=${cursor}&modifiedSince=2026-01-02T00:00:00Z`)).toThrow('another query');
    expect(() => parseListRequest('deals', new URLSearchParams({ cursor }))).toThrow('another query');
  });

  it('takes a time with an offset, also with an unescaped plus', () => {
    expect(parse('modifiedSince=2026-01-01T02:00:00+02:00').sinceMs).toBe(Date.UTC(2026, 0, 1));
  });
});
