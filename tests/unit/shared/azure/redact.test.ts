import { expect, test } from 'vitest';
import { createLog, type LogLevel } from '../../../../shared/azure/log.ts';
import { redact } from '../../../../shared/azure/redact.ts';

const lines = (write: (log: ReturnType<typeof createLog>) => void): [LogLevel, Record<string, unknown>][] => {
  const written: [LogLevel, Record<string, unknown>][] = [];
  const now = () => new Date('2030-01-01T00:00:00.000Z');
  write(createLog(now, (level, line) => written.push([level, JSON.parse(line)])));
  return written;
};

test('a line is one JSON object', () => {
  const written = lines((log) => {
    log.info('Started', { tenantId: 't1', pages: 3 });
    log.alert('Stuck');
  });
  expect(written).toEqual([
    ['info', { time: '2030-01-01T00:00:00.000Z', level: 'info', message: 'Started', tenantId: 't1', pages: 3 }],
    ['alert', { time: '2030-01-01T00:00:00.000Z', level: 'alert', message: 'Stuck' }],
  ]);
});

test.each([
  'password',
  'apiKey',
  'api_key',
  'Authorization',
  'accessToken',
  'clientSecret',
  'Set-Cookie',
  'connectionString',
  'key',
  'AccountKey',
])('the field %s never gets out', (name) => {
  expect(JSON.stringify(redact({ deep: [{ [name]: 'hunter2' }] }))).not.toContain('hunter2');
});

test.each([
  'Authorization: Bearer hunter2hunter2',
  'GET https://ana:hunter2@crm.example/',
  'DefaultEndpointsProtocol=https;AccountKey=hunter2==;',
  'https://x.blob.core.windows.net/c?sv=1&sig=hunter2',
  'eyJhbGciOiJSUzI1NiJ9.hunter2.signature',
  'body: client_secret=hunter2&grant_type=x',
])('a secret inside a text never gets out: %s', (text) => {
  const [, fields] = lines((log) => log.warn(text, { error: new Error(text, { cause: { note: text } }) }))[0] ?? [];
  expect(JSON.stringify(fields)).not.toContain('hunter2');
});

test('what is no secret stays readable', () => {
  const fields = { tenantId: 't1', executionId: 'exe_1', monkey: 'yes', count: 3, none: null, at: new Date(0) };
  expect(redact(fields)).toEqual({ ...fields, at: '1970-01-01T00:00:00.000Z' });
});

test('anything can be logged: cycles, depth, errors, odd values', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 429 });
  const clean = redact({
    cycle,
    error,
    big: 10n,
    call: () => 1,
    bad: new Date(Number.NaN),
    list: new Array(60).fill(1),
  });
  expect(clean).toMatchObject({
    error: { name: 'Error', message: 'outer', code: 429, cause: { name: 'TypeError', message: 'inner' } },
    big: '10',
    bad: 'Invalid Date',
  });
  expect(JSON.stringify(clean)).toContain('[deeper]');
  expect(JSON.stringify(clean)).toContain('[10 more]');
});
