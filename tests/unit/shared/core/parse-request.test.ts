import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApiKey } from '../../../../shared/contracts/api-keys.ts';
import { connectWithKey, disconnect } from '../../../../shared/contracts/connections.ts';
import { runTask } from '../../../../shared/contracts/executions.ts';
import { createIntegration, updateIntegration } from '../../../../shared/contracts/integrations.ts';
import type { Route } from '../../../../shared/contracts/route.ts';
import { listShards } from '../../../../shared/contracts/shards.ts';
import { createTask } from '../../../../shared/contracts/tasks.ts';
import { AppError } from '../../../../shared/core/app-error.ts';
import { maximumBodyBytes, parseRequest } from '../../../../shared/core/parse-request.ts';

interface Request {
  readonly params?: Record<string, string>;
  readonly search?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

const integrationId = `int_${'0'.repeat(26)}`;
const taskId = `tsk_${'0'.repeat(26)}`;

function parse(route: Route, { params = {}, search = '', headers, body = '' }: Request) {
  const sent: Record<string, string> = headers ?? (body.length > 0 ? { 'content-type': 'application/json' } : {});
  return parseRequest(route, {
    params,
    search,
    header: (name) => sent[name],
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  });
}

function refusal(route: Route, request: Request): AppError {
  try {
    parse(route, request);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('The request was accepted');
}

const placesOf = (error: AppError) => error.errors?.map((entry) => `${entry.in} ${entry.field}`);

describe('parseRequest: body', () => {
  const valid = { provider: 'custom-rest', name: 'CRM', settings: { a: { b: [1] } } };

  it('reads a valid body', () => {
    expect(parse(createIntegration, { body: JSON.stringify(valid) }).body).toEqual(valid);
  });

  it('names the place inside a nested body', () => {
    const body = { name: 'a', objects: [{ object: 'x', shardTypeId: 'y', fields: [{ to: 'a', from: 7 }] }] };
    const error = refusal(createTask, { params: { integrationId }, body: JSON.stringify(body) });
    expect(placesOf(error)).toEqual(['body /objects/0/fields/0/from']);
  });

  it('names each unknown field, escaped as a pointer asks', () => {
    const error = refusal(createIntegration, { body: JSON.stringify({ ...valid, 'a/b~c': 1, colour: 2 }) });
    expect(placesOf(error)).toEqual(['body /a~1b~0c', 'body /colour']);
  });

  it('names a missing field, and a missing body', () => {
    const error = refusal(createIntegration, { body: '{"provider":"custom-rest","settings":{}}' });
    expect(error.errors).toEqual([{ in: 'body', field: '/name', message: 'is missing' }]);
    expect(refusal(createIntegration, {}).errors).toEqual([{ in: 'body', field: '', message: 'is missing' }]);
  });

  it('refuses a body where there is none, and takes none where it may be left out', () => {
    expect(placesOf(refusal(disconnect, { params: { integrationId }, body: '{}' }))).toEqual(['body ']);
    expect(parse(runTask, { params: { integrationId, taskId } }).body).toBeUndefined();
    expect(parse(runTask, { params: { integrationId, taskId }, body: '{"mode":"full"}' }).body).toEqual({
      mode: 'full',
    });
  });

  it.each([
    ['text/plain'],
    ['application/json; charset=utf-16'],
    ['application/x-www-form-urlencoded'],
    ['application/jsonp'],
    [''],
  ])('answers 415 to %j', (type) => {
    const error = refusal(createIntegration, { headers: { 'content-type': type }, body: JSON.stringify(valid) });
    expect(error.code).toBe('unsupported-media-type');
  });

  it.each([['application/json'], ['Application/JSON; charset="UTF-8"']])('takes %j', (type) => {
    parse(createIntegration, { headers: { 'content-type': type }, body: JSON.stringify(valid) });
  });

  it('takes one MiB and answers 413 to a byte more', () => {
    const filled = (length: number) => JSON.stringify({ ...valid, settings: { a: 'x'.repeat(length) } });
    const room = maximumBodyBytes - filled(0).length;
    parse(createIntegration, { body: filled(room) });
    expect(refusal(createIntegration, { body: filled(room + 1) }).code).toBe('payload-too-large');
  });

  it('never repeats what was sent as a credential', () => {
    const secret = 'hunter2-hunter2';
    for (const body of [
      `{"kind":"api-key","key":"${secret}\\u0000"}`,
      `{"kind":"api-key","key":"${secret}",}`,
      `{"kind":"api-key","key":["${secret}"]}`,
      `{"kind":"${secret}"}`,
    ]) {
      const error = refusal(connectWithKey, { params: { integrationId }, body });
      expect(JSON.stringify([error.errors, error.detail])).not.toContain(secret);
    }
  });

  it('answers any text with a value or with errors that name a place, and never with a huge answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (body) => {
        try {
          parse(updateIntegration, {
            params: { integrationId },
            body,
            headers: { 'content-type': 'application/json' },
          });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.code).toBe('invalid-request');
          expect(error.errors?.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
    const crowd = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field-${index}`, 1]));
    const error = refusal(createIntegration, { body: JSON.stringify({ ...crowd, ['y'.repeat(100_000)]: 1 }) });
    expect(JSON.stringify(error.errors).length).toBeLessThan(20_000);
  });
});

describe('parseRequest: query and path', () => {
  it('reads values, defaults and plus signs', () => {
    expect(parse(listShards, { search: 'text=a+b%2B%C3%A9&limit=5' }).query).toEqual({
      limit: 5,
      status: 'active',
      text: 'a b+é',
    });
  });

  it.each([
    ['an unknown parameter', 'colour=red', 'query colour'],
    ['__proto__', '__proto__=1', 'query __proto__'],
    ['a parameter twice', 'limit=1&limit=2', 'query limit'],
    ['broken encoding', 'text=%ff', 'query text'],
    ['a cut escape', 'text=%2', 'query text'],
    ['an encoded NUL', 'text=%00', 'query text'],
    ['an encoded surrogate', 'text=%ed%a0%80', 'query text'],
    ['a word for a number', 'limit=many', 'query limit'],
    ['a number out of range', 'limit=101', 'query limit'],
    ['a field without its value', 'field=name', 'query field'],
    ['a cursor with other characters', 'cursor=a%20b', 'query cursor'],
  ])('refuses %s', (_what, search, place) => {
    expect(placesOf(refusal(listShards, { search }))).toEqual([place]);
  });

  it('refuses any parameter where there is none', () => {
    expect(placesOf(refusal(disconnect, { params: { integrationId }, search: 'a=1' }))).toEqual(['query a']);
  });

  it('names the path parameter', () => {
    expect(placesOf(refusal(disconnect, { params: { integrationId: 'int_nope' } }))).toEqual(['path integrationId']);
  });

  it('answers any query with values or with errors', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (search) => {
        try {
          parse(listShards, { search });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.errors?.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('parseRequest: headers', () => {
  const params = { integrationId };
  const body = '{"name":"x"}';
  const json = { 'content-type': 'application/json' };

  it('reads Idempotency-Key and If-Match', () => {
    const headers = { ...json, 'idempotency-key': 'a b', 'if-match': '"1", W/"2", "3"' };
    const parsed = parse(updateIntegration, { params, body, headers });
    expect(parsed.idempotencyKey).toBe('a b');
    expect(parsed.ifMatch).toEqual(['"1"', '"3"']);
    expect(parse(updateIntegration, { params, body, headers: { ...json, 'if-match': '*' } }).ifMatch).toBe('*');
  });

  it.each([[''], ['x'.repeat(256)], ['é'], ['a\tb']])('refuses the key %j', (key) => {
    const error = refusal(updateIntegration, { params, body, headers: { ...json, 'idempotency-key': key } });
    expect(placesOf(error)).toEqual(['header Idempotency-Key']);
  });

  it.each([['1'], ['"1'], ['"1" "2"'], ['*, "1"'], ['']])('refuses If-Match %j', (ifMatch) => {
    const error = refusal(updateIntegration, { params, body, headers: { ...json, 'if-match': ifMatch } });
    expect(placesOf(error)).toEqual(['header If-Match']);
  });

  it('tells a caller who relies on a header that a write does not honour', () => {
    const headers = { ...json, 'idempotency-key': 'a', 'if-match': '*' };
    const error = refusal(createApiKey, { body: '{"name":"x"}', headers });
    expect(placesOf(error)).toEqual(['header Idempotency-Key', 'header If-Match']);
  });
});
