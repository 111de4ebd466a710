import { describe, expect, test } from 'vitest';
import type { PostOutcome } from '../../../../../shared/core/outgoing/next-step.ts';
import {
  createOutgoingHarness,
  type OutgoingHarness,
  receiverUrl,
  verifyPost,
} from '../../../../kit/outgoing-harness.ts';

const answered = (status: number): PostOutcome => ({ kind: 'answered', status, durationMs: 1 });

/** Two receivers, of which one fails at first, three events, and one receiver that has gone. */
async function begin(): Promise<OutgoingHarness & { readonly secrets: ReadonlyMap<string, string> }> {
  const harness = createOutgoingHarness({ circuitFailures: 2, circuitOpenMs: 30_000, circuitMaxOpenMs: 60_000 });
  const { clock, webhookClient } = harness.deps;
  const secrets = new Map<string, string>();
  secrets.set(receiverUrl, (await harness.subscribe()).secret);
  const ordered = {
    url: 'https://ordered.example/',
    orderBy: 'subject',
    events: [{ type: 'activity.alert' as const }],
  };
  secrets.set(ordered.url, (await harness.subscribe(ordered)).secret);
  const gone = { url: 'https://gone.example/', events: [{ type: 'activity.alert' as const }] };
  secrets.set(gone.url, (await harness.subscribe(gone)).secret);
  const tries = new Map<string, number>();
  webhookClient.answer = ({ url }) => {
    const count = (tries.get(url) ?? 0) + 1;
    tries.set(url, count);
    if (url === gone.url) return answered(410);
    return answered(url === receiverUrl && count <= 3 ? 503 : 200);
  };
  for (const title of ['one', 'two', 'three']) {
    await harness.tell(title);
    clock.advance(1);
  }
  return { ...harness, secrets };
}

function expectAllDelivered({ deps, dispatches, secrets }: Awaited<ReturnType<typeof begin>>): void {
  const subscriptions = new Map(deps.subscriptions.all().map((each) => [each.id, each]));
  const told = deps.events.all();
  expect(told.filter(({ type }) => type === 'subscription.disabled')).toHaveLength(1);
  expect(deps.audit.all().filter(({ action }) => action === 'subscription.disabled')).toHaveLength(1);
  const stateOf = (url: string) =>
    dispatches()
      .filter(({ subscriptionId }) => subscriptions.get(subscriptionId)?.url === url)
      .map(({ state }) => state);
  // Three alerts, and that a subscription was disabled.
  expect(stateOf(receiverUrl)).toEqual(['delivered', 'delivered', 'delivered', 'delivered']);
  expect(stateOf('https://ordered.example/')).toEqual(['delivered', 'delivered', 'delivered']);
  expect(stateOf('https://gone.example/')).toEqual(['dead', 'dead', 'dead']);
  for (const post of deps.webhookClient.received) verifyPost(post, secrets.get(post.url) ?? '');
  for (const { id, type } of told) {
    const arrived = deps.webhookClient.received.filter(
      ({ url, headers }) => url === receiverUrl && headers['webhook-id'] === id,
    );
    expect(arrived.length, type).toBeGreaterThan(0);
    expect(new Set(arrived.map(({ body }) => body)).size).toBe(1);
  }
  expect(deps.due.all()).toEqual([]);
  expect(deps.outgoingQueue.waiting).toBe(0);
  expect(deps.poison.all()).toEqual([]);
}

describe('a crash at any durable step', () => {
  test('is not needed for everything to arrive', async () => {
    const harness = await begin();
    await harness.settle();
    expectAllDelivered(harness);
  });

  test.each(['before', 'after'] as const)(
    '%s it took loses nothing; what is repeated has the same id',
    async (moment) => {
      const undisturbed = await begin();
      const before = undisturbed.deps.faults.steps;
      await undisturbed.settle();
      const steps = undisturbed.deps.faults.steps - before;
      expect(steps).toBeGreaterThan(40);
      for (let step = 1; step <= steps; step += 1) {
        const harness = await begin();
        harness.deps.faults.crashAt(step, moment);
        await harness.settle();
        expect(harness.deps.faults.restarts, `step ${step}`).toBe(1);
        expectAllDelivered(harness);
      }
    },
  );

  test('while the queue is down, the clock delivers when it is up again', async () => {
    const harness = await begin();
    const { faults, log } = harness.deps;
    faults.onOperation = ({ port, verb }) => {
      if (port === 'outgoingQueue' && verb === 'send') throw new Error('the queue is down');
    };
    await harness.turns(1);
    expect(harness.dispatches().every(({ state }) => state === 'waiting')).toBe(true);
    expect(log.entries.filter(({ message }) => message.includes('could not be sent')).length).toBeGreaterThan(0);
    faults.onOperation = undefined;
    await harness.settle();
    expectAllDelivered(harness);
  });
});

test('a look of the clock that found nothing waiting leaves what began to wait meanwhile to the next look', async () => {
  const harness = createOutgoingHarness();
  const { deps } = harness;
  await harness.subscribe();
  await harness.tell('first');
  await harness.turns(2);
  expect(harness.titles()).toEqual(['first']);
  // Just before the clock removes its entry, an event is told, and the message that has it sent is lost.
  deps.faults.onOperation = async ({ port, verb }) => {
    if (port !== 'due' || verb !== 'remove') return;
    deps.faults.onOperation = undefined;
    await harness.tell('second');
    await harness.turns(1);
    deps.outgoingQueue.receive()?.complete();
  };
  await harness.settle();
  expect(harness.titles()).toEqual(['first', 'second']);
  expect(deps.due.all()).toEqual([]);
});
