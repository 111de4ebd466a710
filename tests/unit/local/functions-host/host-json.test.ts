import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHostJson, readHostJson } from '../../../../local/functions-host/config/host-json.ts';
import { minimumLevel } from '../../../../local/functions-host/config/log-level.ts';
import { parseTimeSpanMs } from '../../../../local/functions-host/config/time-span.ts';

const parse = (content: object, warnings: string[] = []) =>
  parseHostJson({ version: '2.0', ...content }, 'host.json', (warning) => warnings.push(warning));

describe('host.json', () => {
  test('defaults are those of the service', () => {
    const { extensions, functionTimeout } = parse({});
    expect(extensions.http).toEqual({ routePrefix: 'api', maxOutstandingRequests: -1, customHeaders: {} });
    expect(extensions.queues).toEqual({
      batchSize: 16,
      maxDequeueCount: 5,
      visibilityTimeout: 0,
      maxPollingInterval: 60_000,
      messageEncoding: 'base64',
    });
    expect(functionTimeout).toBe(1_800_000);
  });

  test('TimeSpans become milliseconds, -1 no end', () => {
    const queues = { visibilityTimeout: '00:00:30', maxPollingInterval: '00:00:02' };
    const host = parse({ functionTimeout: '-1', extensions: { queues } });
    expect(host.functionTimeout).toBe(Number.POSITIVE_INFINITY);
    expect(host.extensions.queues).toMatchObject({ visibilityTimeout: 30_000, maxPollingInterval: 2_000 });
  });

  test('what it holds beyond that is warned of by name', () => {
    const warnings: string[] = [];
    const extensions = { http: { hsts: {} }, queues: { batchsize: 3 }, eventHubs: {} };
    parse({ extensions, extensionBundle: {}, custom: 1, singleton: { lockPeriod: '00:00:15' } }, warnings);
    const names = warnings.map((warning) => /"(.*)"/.exec(warning)?.[1]).sort();
    expect(names).toEqual([
      'custom',
      'extensions.eventHubs',
      'extensions.http.hsts',
      'extensions.queues.batchsize',
      'singleton.lockPeriod',
    ]);
  });

  test.each([
    [{ version: '1.0' }, /version/],
    [{ functionTimeout: 'soon' }, /functionTimeout/],
    [{ extensions: { queues: { batchSize: 0 } } }, /extensions\.queues\.batchSize/],
    [{ extensions: { queues: { maxPollingInterval: '00:00:00.05' } } }, /100 ms/],
    [{ extensions: { queues: { messageEncoding: 'hex' } } }, /messageEncoding/],
    [{ logging: { logLevel: { default: 'loud' } } }, /"loud" is not a log level/],
    [{ singleton: { listenerLockPeriod: '00:00:05' } }, /15 and 60 seconds/],
  ])('%o is refused', (content, reason) => {
    expect(() => parse(content)).toThrow(reason);
  });

  test('environment variables override it, names in any case of letters', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'host-json-test-'));
    try {
      await writeFile(
        join(folder, 'host.json'),
        '{ "version": "2.0", "extensions": { "queues": { "batchSize": 2 } } } // end',
      );
      const settings = {
        AzureFunctionsJobHost__Extensions__queues__BatchSize: '9',
        AzureFunctionsJobHost__extensions__http__routePrefix: '',
        'AzureFunctionsJobHost:functionTimeout': '-1',
        AzureFunctionsJobHost__logging__logLevel__default: 'Warning',
      };
      const host = await readHostJson(folder, settings, (warning) => expect.fail(warning));
      expect(host.extensions.queues.batchSize).toBe(9);
      expect(host.extensions.http.routePrefix).toBe('');
      expect(host.functionTimeout).toBe(Number.POSITIVE_INFINITY);
      expect(minimumLevel(host.logging.logLevel, 'Function.x')).toBe('warning');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('the level of the longest prefix of whole words counts', () => {
  const levels = { default: 'error', Function: 'debug', 'Function.a.User': 'none' } as const;
  expect(minimumLevel(levels, 'Host.Http')).toBe('error');
  expect(minimumLevel(levels, 'Function.a')).toBe('debug');
  expect(minimumLevel(levels, 'Function.a.User')).toBe('none');
  expect(minimumLevel(levels, 'Functions')).toBe('error');
  expect(minimumLevel({}, 'anything')).toBe('information');
});

describe('a TimeSpan', () => {
  test.each([
    ['00:00:30', 30_000],
    ['00:05', 300_000],
    ['1.02:03:04', 93_784_000],
    ['00:00:00.100', 100],
    ['00:00:00.1', 100],
    ['00:00:00.1234567', 123.4567],
    ['2', 172_800_000],
    ['24:00:00', 24 * 86_400_000],
    ['25:10:20', 25 * 86_400_000 + 10 * 3_600_000 + 20 * 60_000],
  ])('%s is %d ms', (text, expected) => {
    expect(parseTimeSpanMs(text)).toBeCloseTo(expected, 6);
  });

  test.each(['', 'x', '00:60:00', '00:00:60', '1.24:00:00', '-00:00:01', '1:2:3:4', '00:00:00.', '25:24:00'])(
    '"%s" is none',
    (text) => {
      expect(parseTimeSpanMs(text)).toBeUndefined();
    },
  );

  test('what is written as d.hh:mm:ss is read back', () => {
    const part = (maximum: number) => fc.integer({ min: 0, max: maximum });
    fc.assert(
      fc.property(part(999), part(23), part(59), part(59), (days, hours, minutes, seconds) => {
        const two = (value: number): string => String(value).padStart(2, '0');
        const text = `${days}.${two(hours)}:${two(minutes)}:${two(seconds)}`;
        expect(parseTimeSpanMs(text)).toBe((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
      }),
    );
  });
});
