import { describe, expect, test } from 'vitest';
import { createOutgoingHarness, receiverUrl } from '../../../../kit/outgoing-harness.ts';

describe('a receiver that is slow', () => {
  test('is sent to from a queue of its own kind, until it has not been slow for a while; others go on as before', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    await harness.subscribe();
    await harness.subscribe({ url: 'https://quick.example/' });
    const durationMs = deps.outgoing.slowMs;
    deps.webhookClient.answer = ({ url }) => ({
      kind: 'answered',
      status: 200,
      durationMs: url === receiverUrl ? durationMs : 1,
    });
    const sendAll = async (title: string) => {
      deps.webhookClient.received.length = 0;
      await harness.tell(title);
      // The feed, and a message for each of the two.
      await harness.turns(3);
      return deps.webhookClient.received.map(({ url }) => url).sort();
    };
    expect(await sendAll('first')).toEqual(['https://quick.example/', receiverUrl].sort());
    expect(await sendAll('second')).toEqual(['https://quick.example/']);
    expect([deps.outgoingQueue.waiting, deps.slowOutgoingQueue.waiting]).toEqual([0, 1]);
    await harness.turns(1);
    expect(harness.titles()).toEqual(['second', 'second']);
    deps.clock.advance(600_000);
    expect(await sendAll('third')).toEqual(['https://quick.example/', receiverUrl].sort());
    await harness.settle();
    expect(harness.dispatches().every(({ state, attemptCount }) => state === 'delivered' && attemptCount === 1)).toBe(
      true,
    );
  });

  test('and does not answer in time is so, too, and its document is not written with every attempt', async () => {
    const harness = createOutgoingHarness({ circuitFailures: 100 });
    const { deps } = harness;
    await harness.subscribe();
    let slow = 0;
    deps.webhookClient.answer = () => {
      slow += 1;
      return slow === 1
        ? { kind: 'failed', problem: 'no complete answer', durationMs: deps.outgoing.timeoutMs }
        : { kind: 'answered', status: 200, durationMs: deps.outgoing.slowMs };
    };
    await harness.tell('times out');
    await harness.turns(2);
    expect(deps.endpoints.all()[0]?.slowUntil).toBeDefined();
    await harness.settle();
    let writes = 0;
    deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'endpoints' && verb === 'replace') writes += 1;
    };
    for (let told = 0; told < 20; told += 1) {
      await harness.tell(String(told));
      // The feed, the message, and the one that it was handed on as.
      await harness.turns(3);
    }
    expect(harness.titles()).toHaveLength(22);
    expect(writes).toBeLessThanOrEqual(1);
  });
});
