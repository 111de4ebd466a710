import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../../local/functions-host/config/errors.ts';
import { compileRoute, splitPath } from '../../../../local/functions-host/http/route.ts';

const match = (template: string, path: string, prefix = 'api') => compileRoute(template, prefix).match(splitPath(path));

describe('a route template', () => {
  test.each([
    ['orders', '/api/orders', {}],
    ['orders', '/API/ORDERS/', {}],
    ['/orders/', '/api/orders', {}],
    ['orders/{id}', '/api/orders/a%20b', { id: 'a b' }],
    ['orders/{id}', '/api/orders/a%2Fb', { id: 'a%2Fb' }],
    ['orders/{id}', '/api/orders/%ff', { id: '%ff' }],
    ['orders/{id?}', '/api/orders', {}],
    ['orders/{id:int?}', '/api/orders', {}],
    ['orders/{id:int?}', '/api/orders/7', { id: '7' }],
    ['orders/{id=7}', '/api/orders', { id: '7' }],
    ['orders/{id:int=7}', '/api/orders/8', { id: '8' }],
    ['{*rest}', '/api', {}],
    ['{**rest}', '/api/a/b', { rest: 'a/b' }],
    ['files/{name}.{extension}', '/api/files/a.b.txt', { name: 'a.b', extension: 'txt' }],
    ['files/v{version:int}', '/api/files/V12', { version: '12' }],
    ['{code:regex(^[a-z]{{2}}/?$)}', '/api/ab', { code: 'ab' }],
    ['{code:length(2):alpha}', '/api/ab', { code: 'ab' }],
  ])('%s matches %s', (template, path, parameters) => {
    expect(match(template, path)).toEqual(parameters);
  });

  test.each([
    ['orders', '/orders'],
    ['orders', '/api/orders/1'],
    ['orders/{id}', '/api/orders'],
    ['orders/{id}', '/api/orders/1/2'],
    ['orders/{id}/items', '/api/orders//items'],
    ['orders/{id:int}', '/api/orders/1a'],
    ['orders/{id:int}', '/api/orders/2147483648'],
    ['orders/{id:guid}', '/api/orders/1'],
    ['orders/{id:range(1,9)}', '/api/orders/10'],
    ['orders/{id:minlength(3)}', '/api/orders/ab'],
    ['{code:regex(^[a-z]{{2}}$)}', '/api/abc'],
    ['files/{name}.{extension}', '/api/files/none'],
  ])('%s does not match %s', (template, path) => {
    expect(match(template, path)).toBeUndefined();
  });

  test('without a prefix', () => {
    expect(match('orders', '/orders', '')).toEqual({});
  });

  test.each([
    'admin',
    'Admin/users',
    '/runtime/x',
    'a/{id:odd}',
    'a/{id:int(3)}',
    'a/{id:range(1)}',
    'a/{id:regex([)}',
    'a/{id',
    'a/id}',
    'a//b',
    'a/{}',
    'a/{b}{c}',
    'a/{b?}/c',
    'a/{*b}/c',
    'a/x{b?}',
  ])('%s is refused', (template) => {
    expect(() => compileRoute(template, 'api')).toThrow(ConfigurationError);
  });

  test('"administration" is no reserved word, and a reserved word may follow another segment', () => {
    expect(match('administration', '/api/administration')).toEqual({});
    expect(match('tenant/admin', '/api/tenant/admin')).toEqual({});
  });

  test('what is put into a parameter comes out again', () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(segment, segment, (first, second) => {
        const path = `/api/x/${encodeURIComponent(first)}/y/${encodeURIComponent(second)}`;
        expect(match('x/{first}/y/{second}', path)).toEqual({ first, second });
      }),
    );
  });

  test('a catch-all takes every path below', () => {
    const segments = fc.array(fc.stringMatching(/^[a-z0-9.]+$/), { minLength: 1 });
    fc.assert(
      fc.property(segments, (path) => {
        expect(match('files/{*rest}', `/api/files/${path.join('/')}`)).toEqual({ rest: path.join('/') });
      }),
    );
  });
});

describe('constraints', () => {
  const fits = (constraint: string, text: string): boolean =>
    match(`{value:${constraint}}`, `/api/${encodeURIComponent(text)}`) !== undefined;

  test.each([
    ['int', ['0', '-1', '2147483647', '-2147483648'], ['1.0', 'x', '2147483648']],
    ['long', ['9223372036854775807'], ['9223372036854775808']],
    ['bool', ['true', 'FALSE'], ['1', 'yes']],
    ['decimal', ['1.5', '-.5', '1,000'], ['1e5', 'x']],
    ['double', ['1e5', '-1.5E-3'], ['x', '1,5']],
    ['guid', ['0af76519-16cd-43dd-8448-eb211c80319c', '0af7651916cd43dd8448eb211c80319c'], ['0af7651916cd']],
    ['alpha', ['abc', 'ABC'], ['a1', 'é']],
    ['datetime', ['2026-01-31', '2026-01-31 7:32:16'], ['tomorrow']],
    ['min(3)', ['3', '40'], ['2', 'x']],
    ['max(3)', ['3', '-40'], ['4']],
    ['length(2,3)', ['ab', 'abc'], ['a', 'abcd']],
    ['maxlength(2)', ['a', 'ab'], ['abc']],
  ])('%s', (constraint, good, bad) => {
    expect(good.filter((text) => !fits(constraint, text))).toEqual([]);
    expect(bad.filter((text) => fits(constraint, text))).toEqual([]);
  });
});
