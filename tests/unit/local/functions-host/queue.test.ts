import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage, toMessages } from '../../../../local/functions-host/queue/message-text.ts';
import { createSleeper, pollDelayMs } from '../../../../local/functions-host/queue/poll-delay.ts';

describe('message texts', () => {
  test('bytes survive base64, texts survive both encodings', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeMessage(encodeMessage(bytes, 'base64'), 'base64')).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('base64' as const, 'none' as const),
        (text, encoding) => {
          expect(decodeMessage(encodeMessage(text, encoding), encoding)?.toString('utf8')).toBe(text);
        },
      ),
    );
  });

  test.each(['{"a":1}', 'abc', 'YQ=', 'YQ===', 'Y-Q=', 'ü'])('"%s" is not base64', (text) => {
    expect(decodeMessage(text, 'base64')).toBeUndefined();
  });

  test('white space in base64 does not matter', () => {
    expect(decodeMessage(' YW\nJj ', 'base64')?.toString()).toBe('abc');
  });

  test('an array is a message each, anything else one message', () => {
    expect(toMessages({ json: '["a",{"b":1},2,null,[3]]' })).toEqual(['a', '{"b":1}', '2', '[3]']);
    expect(toMessages({ json: '{"a":1}' })).toEqual(['{"a":1}']);
    expect(toMessages({ string: '[1,2]' })).toEqual(['[1,2]']);
    expect(toMessages({ string: '' })).toEqual(['']);
    expect(toMessages({ int: 0 })).toEqual(['0']);
    expect(toMessages({ bytes: Buffer.from('x') })).toEqual([Buffer.from('x')]);
    expect(toMessages({ json: '[]' })).toEqual([]);
    expect(toMessages({})).toEqual([]);
  });
});

describe('polling', () => {
  test('the delay doubles from 100 ms to the maximum', () => {
    expect([1, 2, 3, 4, 5, 6].map((polls) => pollDelayMs(polls, 1_000))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(pollDelayMs(10_000, 60_000)).toBe(60_000);
  });

  test('a wake-up ends the wait that goes on', async () => {
    const sleeper = createSleeper();
    const asleep = sleeper.sleep(1_000_000);
    sleeper.wake();
    await asleep;
  });

  test('a wake-up while nobody waits ends the next wait, once', async () => {
    const sleeper = createSleeper();
    sleeper.wake();
    sleeper.wake();
    await sleeper.sleep(1_000_000);
    let isAwake = false;
    const asleep = sleeper.sleep(1_000_000).then(() => {
      isAwake = true;
    });
    await Promise.resolve();
    expect(isAwake).toBe(false);
    sleeper.wake();
    await asleep;
  });
});
