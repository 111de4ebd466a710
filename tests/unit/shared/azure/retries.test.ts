import { describe, expect, test } from 'vitest';
import { waitBeforeRetry } from '../../../../shared/azure/backoff.ts';
import { codeOf, meaningOfError, meaningOfStatus, retryAfterMsOf } from '../../../../shared/azure/cosmos-failure.ts';
import { once } from '../../../../shared/azure/once.ts';
import { type Tries, tryAgain } from '../../../../shared/azure/try-again.ts';
import { runBounded } from '../../../../shared/core/run-bounded.ts';

const budget = { attempts: 3, baseMs: 1, maxMs: 2, random: () => 0 };
const failing = (code: number | string) => Object.assign(new Error(`code ${code}`), { code });

/** A call that fails with each code in turn and then works. */
function failFirst(...codes: (number | string)[]): () => Promise<string> {
  const left = [...codes];
  return async () => {
    const code = left.shift();
    if (code !== undefined) throw failing(code);
    return 'done';
  };
}

describe('what a failure means', () => {
  test.each([
    [424, 'refused'],
    [429, 'refused'],
    [449, 'refused'],
    [408, 'unclear'],
    [410, 'unclear'],
    [503, 'unclear'],
    [400, 'final'],
    [404, 'final'],
    [409, 'final'],
    [412, 'final'],
    [413, 'final'],
  ] as const)('%i is %s', (status, meaning) => {
    expect(meaningOfStatus(status)).toBe(meaning);
  });

  test('errors are understood through the wrapping of bulk and batch', () => {
    const wrapped = new Error('Bulk request errored', { cause: Object.assign(failing(429), { retryAfterInMs: 70 }) });
    expect(meaningOfError(wrapped)).toBe('refused');
    expect(codeOf(wrapped)).toBe(429);
    expect(retryAfterMsOf(wrapped)).toBe(70);
    expect(meaningOfError(failing('ECONNREFUSED'))).toBe('refused');
    expect(meaningOfError(failing('ECONNRESET'))).toBe('unclear');
    expect(meaningOfError(failing('TimeoutError'))).toBe('unclear');
    expect(meaningOfError(new TypeError('bug'))).toBe('final');
    expect(meaningOfError(undefined)).toBe('final');
    expect(retryAfterMsOf(undefined)).toBe(0);
  });
});

describe('trying again', () => {
  test('a failure that passes is not seen', async () => {
    const tries: Tries = { unclear: false };
    expect(await tryAgain(budget, failFirst(429, 449), tries)).toBe('done');
    expect(tries.unclear).toBe(false);
  });

  test('a lost answer is remembered', async () => {
    const tries: Tries = { unclear: false };
    expect(await tryAgain(budget, failFirst('ECONNRESET'), tries)).toBe('done');
    expect(tries.unclear).toBe(true);
  });

  test('a final failure is thrown as it is, at once', async () => {
    await expect(tryAgain(budget, failFirst(429, 400))).rejects.toMatchObject({ code: 400 });
  });

  test('one that lasts becomes unavailable, with its cause', async () => {
    const error = await tryAgain(budget, failFirst(429, 429, 503)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unavailable', cause: { code: 503 } });
  });

  test('the last try is not waited for', async () => {
    expect(await waitBeforeRetry(budget, 1)).toBe(true);
    expect(await waitBeforeRetry(budget, 3, 60_000)).toBe(false);
  });
});

describe('once', () => {
  test('starts once for all callers', async () => {
    let starts = 0;
    const get = once(async () => {
      starts += 1;
      return starts;
    });
    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
  });

  test('forgets a failed start', async () => {
    const get = once(failFirst('ECONNREFUSED'));
    await expect(get()).rejects.toThrow('ECONNREFUSED');
    expect(await get()).toBe('done');
  });
});

describe('bounded work', () => {
  test('keeps the order and the bound', async () => {
    let running = 0;
    let most = 0;
    const results = await runBounded([5, 1, 3, 2, 4], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 30, 20, 40]);
    expect(most).toBe(2);
  });

  test('after a failure nothing new begins, and nothing goes on after the throw', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = runBounded([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error('first');
      await Promise.resolve();
      await Promise.resolve();
      ended.push(item);
    });
    await expect(work).rejects.toThrow('first');
    expect(begun).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });

  test('nothing to do', async () => {
    expect(await runBounded([], 4, async () => 1)).toEqual([]);
  });
});
