import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Program } from '../../../../shared/core/conversion/deferral.ts';
import type { Json, JsonObject } from '../../../../shared/core/json.ts';
import { ExpressionWorkers } from '../../../../shared/sandbox/expression-workers.ts';
import { hostileScripts, hostileTemplates } from './hostile-scripts.ts';

const standstillMs = 500;
const file = new URL('../../../../shared/sandbox/expression-worker.ts', import.meta.url);
const workers = new ExpressionWorkers(file, standstillMs);
const tenant = { tenantId: 'acme' };

const ask = async (language: Program['language'], source: string, record: Json = {}, item?: Json) => {
  const [answer] = await workers.evaluate(tenant, [{ kind: 'program', program: { language, source }, record, item }]);
  if (answer === undefined) throw new Error('no answer');
  return answer;
};

/** Sees whether the sandbox is as it was. */
const probe =
  '[typeof leak, ({}).leak, [].leak, (() => {}).leak, typeof process, typeof require, Object.keys(globalThis).length, JSON.stringify({ a: [1] })]';

afterAll(() => workers.close());

describe('an expression', () => {
  it.each<[Program['language'], string, Json, Json | undefined, Json | undefined]>([
    ['template', 'first & " " & last', { first: 'Ana', last: 'Novak' }, undefined, 'Ana Novak'],
    [
      'template',
      '$sum(lines.(price * count))',
      {
        lines: [
          { price: 2, count: 3 },
          { price: 1, count: 1 },
        ],
      },
      undefined,
      7,
    ],
    ['template', 'n & " of " & $record.total', { total: 9 }, { n: 1 }, '1 of 9'],
    ['template', 'nothing', {}, undefined, undefined],
    ['template', '$replace(s, /(\\d)-(\\d)/, "$2$1")', { s: '1-2' }, undefined, '21'],
    ['template', '$split("a1b22c", /[0-9]+/)', {}, undefined, ['a', 'b', 'c']],
    ['template', '$match("abcabc", /b(c)/).index', {}, undefined, [1, 4]],
    ['template', '$contains("ABC", /b/i)', {}, undefined, true],
    ['template', '$pad("x", -3, "0")', {}, undefined, '00x'],
    [
      'script',
      'record.tags.filter((tag) => tag.length > 1).join("+")',
      { tags: ['a', 'bb', 'cc'] },
      undefined,
      'bb+cc',
    ],
    ['script', 'item.n + record.total', { total: 9 }, { n: 1 }, 10],
    ['script', 'record.nothing', {}, undefined, undefined],
    ['script', 'new Date(2024, 6, 1, 12).toISOString()', {}, undefined, '2024-07-01T12:00:00.000Z'],
    ['script', 'record.a ?? "none" // or not', { a: null }, undefined, 'none'],
  ])('in a %s: %s', async (language, source, record, item, value) => {
    expect(await ask(language, source, record, item)).toEqual({ ok: true, value });
  });

  it.each<[string, Program, string]>([
    ['runs on', { language: 'script', source: '(() => { for (;;); })()' }, 'took too long'],
    [
      'stands still',
      { language: 'script', source: '"a".repeat(2**18).includes("a".repeat(2**17) + "b")' },
      'took too long',
    ],
    ['grows', { language: 'script', source: 'new ArrayBuffer(2 ** 30)' }, 'needed too much memory'],
    ['goes deep', { language: 'script', source: '(function f(){ return f() + 1 })()' }, 'went too deep'],
    ['gives much', { language: 'script', source: '"x".repeat(200000)' }, 'gave too large a result'],
    ['has no clock', { language: 'script', source: 'Date.now()' }, 'failed: TypeError: there is no clock'],
    ['has no chance', { language: 'script', source: 'Math.random()' }, 'failed: TypeError: there is no chance'],
    [
      'runs on in a template',
      { language: 'template', source: '($f := function($x){ $f($x + 1) }; $f(1))' },
      'took too long',
    ],
    [
      'goes deep in a template',
      { language: 'template', source: '($f := function($x){ 1 + $f($x) }; $f(1))' },
      'went too deep',
    ],
    [
      'has no clock in a template',
      { language: 'template', source: '$now()' },
      'failed: Attempted to invoke a non-function',
    ],
  ])('that %s is refused', async (_what, { language, source }, message) => {
    expect(await ask(language, source)).toEqual({ ok: false, message });
  });

  it('is checked before it runs', async () => {
    const problems = await workers.check(tenant, [
      { language: 'script', source: 'record.a +' },
      { language: 'script', source: 'record.a' },
      { language: 'template', source: 'a &' },
      { language: 'template', source: 'a & b' },
    ]);
    expect(problems.map((problem) => problem !== undefined)).toEqual([true, false, true, false]);
  });

  it('has the same answer whatever else was asked, and in whatever order', async () => {
    const sources = [
      'record.n * 2',
      'item?.x ?? record.n',
      'Object.keys(record).join()',
      'record.n > 3 ? record.missing.x : "few"',
    ];
    const question = fc.record({ source: fc.constantFrom(...sources), n: fc.integer({ min: 0, max: 6 }) });
    const evaluate = (asked: readonly { source: string; n: number }[]) =>
      workers.evaluate(
        tenant,
        asked.map(({ source, n }) => ({
          kind: 'program' as const,
          program: { language: 'script' as const, source },
          record: { n } satisfies JsonObject,
          item: undefined,
        })),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 8 }), async (asked) => {
        const together = await evaluate(asked);
        expect((await evaluate(asked.toReversed())).toReversed()).toEqual(together);
      }),
      { numRuns: 40 },
    );
  });

  it('of one tenant never waits in the thread of another', async () => {
    const slow = workers.evaluate({ tenantId: 'slow' }, [
      {
        kind: 'program',
        program: { language: 'script', source: '"a".repeat(2**18).includes("a".repeat(2**17) + "b")' },
        record: {},
        item: undefined,
      },
    ]);
    let isSlowDone = false;
    const ended = slow.then(() => {
      isSlowDone = true;
    });
    expect(await ask('script', '1 + 1')).toEqual({ ok: true, value: 2 });
    expect(isSlowDone).toBe(false);
    await ended;
  });

  it('is not refused because another page of the same tenant had the thread ended', async () => {
    const evaluate = (source: string) =>
      workers.evaluate(tenant, [
        { kind: 'program', program: { language: 'script', source }, record: {}, item: undefined },
      ]);
    const answers = await Promise.all([
      evaluate('"a".repeat(2**18).includes("a".repeat(2**17) + "b")'),
      evaluate('1'),
      evaluate('2'),
    ]);
    expect(answers).toEqual([
      [{ ok: false, message: 'took too long' }],
      [{ ok: true, value: 1 }],
      [{ ok: true, value: 2 }],
    ]);
  });

  it('that had its thread ended costs the others of its page nothing', async () => {
    const sources = ['1', '"a".repeat(2**18).includes("a".repeat(2**17) + "b")', '3'];
    const answers = await workers.evaluate(
      tenant,
      sources.map((source) => ({
        kind: 'program',
        program: { language: 'script', source },
        record: {},
        item: undefined,
      })),
    );
    expect(answers).toEqual([
      { ok: true, value: 1 },
      { ok: false, message: 'took too long' },
      { ok: true, value: 3 },
    ]);
  });
});

describe('what is hostile', () => {
  it('does nothing worse than an error, and leaves nothing behind', { timeout: 600_000 }, async () => {
    const scripts = hostileScripts();
    expect(scripts.length).toBeGreaterThanOrEqual(1000);
    const questions = scripts.map((source) => ({
      kind: 'program' as const,
      program: { language: 'script' as const, source },
      record: { a: 1, list: [1, 2] },
      item: undefined,
    }));
    const answers = await workers.evaluate(tenant, questions);
    expect(answers).toHaveLength(scripts.length);
    const reached = answers.map((answer, index) => [scripts[index], JSON.stringify(answer)] as const);
    for (const [source, answer] of reached) {
      expect(answer.length, source).toBeLessThan(110_000);
      // What the host has, and nothing in the sandbox holds.
      expect(answer, source).not.toMatch(/"?(execPath|mainModule|pid|NODE_|PATH=|root:x)/);
    }
    expect(await ask('script', probe)).toEqual(await askFresh(probe));
  });

  it('is so in templates too', async () => {
    for (const source of hostileTemplates) {
      const answer = await ask('template', source, { name: 'Ana', list: [1, 2, 3] });
      expect(JSON.stringify(answer).length, source).toBeLessThan(110_000);
      expect(({} as { leak?: number }).leak, source).toBeUndefined();
    }
    expect(await ask('template', 'leak', {})).toEqual({ ok: true, value: undefined });
    expect(await ask('template', '$uppercase("still here")')).toEqual({ ok: true, value: 'STILL HERE' });
  });
});

/** In a sandbox that nothing ran in before. */
async function askFresh(source: string) {
  const [answer] = await workers.evaluate({ tenantId: 'fresh' }, [
    { kind: 'program', program: { language: 'script', source }, record: { a: 1, list: [1, 2] }, item: undefined },
  ]);
  return answer;
}
