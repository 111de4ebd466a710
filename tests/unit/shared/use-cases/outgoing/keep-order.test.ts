import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOutgoingHarness, titleOf } from '../../../../kit/outgoing-harness.ts';

/** A few attempts, one second apart, and no receiver that is left alone. */
const pace = { scheduleMs: Array.from({ length: 20 }, (_, index) => (index === 0 ? 0 : 1000)), circuitFailures: 100 };

const fails = { kind: 'answered', status: 500, durationMs: 1 } as const;
const works = { kind: 'answered', status: 200, durationMs: 1 } as const;

describe('a subscription that keeps an order', () => {
  test('has the next event of a key wait until the one before is done; other keys go on', async () => {
    const harness = createOutgoingHarness(pace);
    const { webhookClient, clock } = harness.deps;
    await harness.subscribe({ orderBy: 'subject' });
    let failures = 0;
    webhookClient.answer = (post) => {
      if (titleOf(post) !== 'a1') return works;
      failures += 1;
      return failures <= 3 ? fails : works;
    };
    for (const [title, subject] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['a2', 'a'],
      ['a3', 'a'],
      ['b2', 'b'],
    ] as const) {
      await harness.tell(title, { subject });
      clock.advance(1);
    }
    await harness.settle();
    const order = (key: string) => harness.titles().filter((title) => title.startsWith(key));
    expect(order('a')).toEqual(['a1', 'a1', 'a1', 'a1', 'a2', 'a3']);
    expect(order('b')).toEqual(['b1', 'b2']);
    expect(harness.titles().indexOf('b2')).toBeLessThan(harness.titles().lastIndexOf('a1'));
  });

  test('goes on after one that was given up', async () => {
    const harness = createOutgoingHarness(pace);
    await harness.subscribe({ orderBy: 'subject' });
    harness.deps.webhookClient.answer = (post) => (titleOf(post) === 'bad' ? fails : works);
    await harness.tell('bad');
    harness.deps.clock.advance(1);
    await harness.tell('good');
    await harness.settle();
    expect(harness.titles().at(-1)).toBe('good');
    expect(
      harness
        .dispatches()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['dead', 'delivered']);
  });

  test('keeps it whatever fails and however often the process dies', async () => {
    const crash = fc.record({ step: fc.integer({ min: 1, max: 40 }), moment: fc.constantFrom('before', 'after') });
    const plan = fc.record({
      keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 }),
      failures: fc.array(fc.boolean(), { maxLength: 12 }),
      crashes: fc.array(crash, { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ keys, failures, crashes }) => {
        const harness = createOutgoingHarness(pace);
        const { webhookClient, faults, clock } = harness.deps;
        await harness.subscribe({ orderBy: 'subject' });
        let asked = 0;
        webhookClient.answer = () => {
          asked += 1;
          return failures[asked - 1] === true ? fails : works;
        };
        for (const [index, subject] of keys.entries()) {
          await harness.tell(String(index), { subject });
          clock.advance(1);
        }
        for (const { step, moment } of crashes) {
          faults.crashAt(step, moment);
          await harness.turns(30);
        }
        await harness.settle();
        expect(harness.dispatches().every(({ state }) => state === 'delivered')).toBe(true);
        for (const key of new Set(keys)) {
          const titles = webhookClient.received.filter(({ body }) => JSON.parse(body).subject === key).map(titleOf);
          expect(titles).toEqual(titles.toSorted((one, other) => Number(one) - Number(other)));
          expect(new Set(titles).size).toBe(keys.filter((each) => each === key).length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('does not send two of a key side by side, also when an earlier one turns up late', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    const { webhookClient } = deps;
    await harness.subscribe({ orderBy: 'subject' });
    const early = deps.now().toISOString();
    deps.clock.advance(1000);
    await harness.tell('second');
    await harness.turns(1);
    let inFlight = 0;
    let mostInFlight = 0;
    webhookClient.answer = async (post) => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      if (titleOf(post) === 'second') {
        await harness.tell('first', { at: early });
        await harness.turns(2);
      }
      inFlight -= 1;
      return works;
    };
    await harness.settle();
    expect(mostInFlight).toBe(1);
    expect(harness.titles()).toEqual(['second', 'first']);
  });

  test('looks again once it holds one: another that began in the same instant goes alone', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    await harness.subscribe({ orderBy: 'subject' });
    const early = deps.now().toISOString();
    deps.clock.advance(1000);
    await harness.tell('second');
    await harness.turns(1);
    let inFlight = 0;
    let mostInFlight = 0;
    let finish = (): void => undefined;
    let rival: Promise<unknown> | undefined;
    deps.webhookClient.answer = async (post) => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      if (titleOf(post) === 'first') await new Promise<void>((resolve) => (finish = resolve));
      inFlight -= 1;
      return works;
    };
    // When the second one is about to take its lease, the first one turns up and is on its way.
    deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'dispatches' || verb !== 'replace') return;
      deps.faults.onOperation = undefined;
      await harness.tell('first', { at: early });
      await harness.turns(1);
      rival = harness.turns(1);
      while (inFlight === 0) await Promise.resolve();
    };
    await harness.turns(1);
    finish();
    await rival;
    await harness.settle();
    expect(mostInFlight).toBe(1);
    expect(harness.titles()).toEqual(['first', 'second']);
  });
});
