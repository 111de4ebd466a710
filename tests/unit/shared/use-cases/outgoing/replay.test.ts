import { describe, expect, test } from 'vitest';
import { replayEvents as rangeRoute } from '../../../../../shared/contracts/dispatches.ts';
import { fanOutEvents } from '../../../../../shared/use-cases/outgoing/fan-out-events.ts';
import {
  cancelReplay,
  replayDispatch,
  replayEvents,
} from '../../../../../shared/use-cases/outgoing/replay-dispatches.ts';
import { createOutgoingHarness, type OutgoingHarness } from '../../../../kit/outgoing-harness.ts';

const fails = { kind: 'answered', status: 500, durationMs: 1 } as const;
const works = { kind: 'answered', status: 200, durationMs: 1 } as const;

const input = <Params, Body>({ deps }: OutgoingHarness, params: Params, body: Body) => ({
  params,
  query: undefined,
  body,
  ifMatch: undefined,
  attempt: { at: deps.now(), repeated: false },
});

async function replayRange(harness: OutgoingHarness, subscriptionId: string, body: object): Promise<string> {
  const parsed = rangeRoute.body?.parse(body);
  if (parsed === undefined) throw new Error('The route has a body');
  const { deps, scope } = harness;
  return (await replayEvents(deps, scope, input(harness, { subscriptionId }, parsed))).body.id;
}

/** Five events, of which the second and the fourth were given up. */
async function withGivenUp(): Promise<OutgoingHarness & { readonly subscriptionId: string; readonly since: string }> {
  const harness = createOutgoingHarness({ scheduleMs: [0], circuitFailures: 100 });
  const { id: subscriptionId } = await harness.subscribe();
  const since = harness.deps.now().toISOString();
  for (let count = 1; count <= 5; count += 1) {
    harness.deps.webhookClient.answer = () => (count % 2 === 0 ? fails : works);
    await harness.tell(`event ${count}`);
    await harness.settle();
    harness.deps.clock.advance(1000);
  }
  harness.deps.webhookClient.answer = () => works;
  harness.deps.webhookClient.received.length = 0;
  return { ...harness, subscriptionId, since };
}

describe('a replay of a dispatch', () => {
  test('sends the same message again, as a dispatch of its own', async () => {
    const harness = await withGivenUp();
    const { deps, scope, subscriptionId } = harness;
    const dead = harness.dispatches().find(({ state }) => state === 'dead');
    const params = { subscriptionId, dispatchId: dead?.id ?? '' };
    const { body } = await replayDispatch(deps, scope, input(harness, params, undefined));
    await harness.settle();
    const again = harness.dispatches().find(({ id }) => id === body.id);
    expect(again).toMatchObject({ state: 'delivered', replayOf: dead?.id, body: dead?.body, eventId: dead?.eventId });
    expect(deps.webhookClient.received[0]?.headers['webhook-id']).toBe(dead?.eventId);
  });

  test('of a disabled subscription, or of another one, is refused', async () => {
    const harness = await withGivenUp();
    const { deps, scope, subscriptionId } = harness;
    const [any] = harness.dispatches();
    const other = await harness.subscribe();
    const ofOther = { subscriptionId: other.id, dispatchId: any?.id ?? '' };
    await expect(replayDispatch(deps, scope, input(harness, ofOther, undefined))).rejects.toMatchObject({
      code: 'not-found',
    });
    const stored = await deps.subscriptions.get(scope, { id: subscriptionId });
    if (stored === undefined) throw new Error('it is there');
    const document = { ...stored.document, enabled: false };
    await deps.subscriptions.write(scope, { kind: 'replace', document, etag: stored.etag });
    const params = { subscriptionId, dispatchId: any?.id ?? '' };
    await expect(replayDispatch(deps, scope, input(harness, params, undefined))).rejects.toMatchObject({
      code: 'wrong-state',
    });
  });
});

describe('a replay of a time range', () => {
  test('sends what did not arrive, or all, in the order of the events', async () => {
    const harness = await withGivenUp();
    const { deps, since, subscriptionId } = harness;
    const replayId = await replayRange(harness, subscriptionId, { since });
    await harness.settle();
    expect(harness.titles()).toEqual(['event 2', 'event 4']);
    expect(deps.eventReplays.all()).toMatchObject([{ id: replayId, state: 'done', examined: 5, dispatched: 2 }]);
    deps.webhookClient.received.length = 0;
    await replayRange(harness, subscriptionId, { since, only: 'all' });
    await harness.settle();
    expect(harness.titles().toSorted()).toEqual([1, 2, 3, 4, 5].map((count) => `event ${count}`));
  });

  test('ends where it was told to, and leaves other types', async () => {
    const harness = await withGivenUp();
    const { deps, since, subscriptionId } = harness;
    const [, , third] = deps.events.all().toSorted((one, other) => (one.id < other.id ? -1 : 1));
    await replayRange(harness, subscriptionId, { since, until: third?.at, only: 'all' });
    await harness.settle();
    expect(harness.titles().toSorted()).toEqual(['event 1', 'event 2', 'event 3']);
    await replayRange(harness, subscriptionId, { since, only: 'all', type: 'sync.*' });
    await harness.settle();
    expect(harness.titles()).toHaveLength(3);
  });

  test('brings events from before the subscription, too', async () => {
    const harness = createOutgoingHarness();
    const since = harness.deps.now().toISOString();
    await harness.tell('early');
    harness.deps.clock.advance(1000);
    const { id } = await harness.subscribe();
    await harness.settle();
    expect(harness.titles()).toEqual([]);
    await replayRange(harness, id, { since });
    await harness.settle();
    expect(harness.titles()).toEqual(['early']);
  });

  test('of many events goes on from message to message, whatever dies, and makes each dispatch once', async () => {
    const many = async () => {
      const harness = createOutgoingHarness();
      const since = harness.deps.now().toISOString();
      for (let count = 0; count < 120; count += 1) await harness.tell(String(count).padStart(3, '0'));
      harness.deps.clock.advance(1000);
      await fanOutEvents(harness.deps, { documents: harness.deps.events.all(), invocationId: 'x', failures: 0 });
      const { id } = await harness.subscribe();
      return { harness, id, since };
    };
    for (const step of [1, 2, 60, 103, 104, 105, 150, 400]) {
      const { harness, id, since } = await many();
      await replayRange(harness, id, { since });
      harness.deps.faults.crashAt(step, step % 2 === 0 ? 'before' : 'after');
      await harness.settle();
      expect(harness.deps.eventReplays.all()).toMatchObject([{ state: 'done', examined: 120, dispatched: 120 }]);
      expect(harness.dispatches()).toHaveLength(120);
      expect(new Set(harness.titles()).size).toBe(120);
      expect(harness.dispatches().every(({ state }) => state === 'delivered')).toBe(true);
    }
  });

  test('that is cancelled makes no more', async () => {
    const harness = await withGivenUp();
    const { deps, scope, since, subscriptionId } = harness;
    const replayId = await replayRange(harness, subscriptionId, { since, only: 'all' });
    await cancelReplay(deps, scope, input(harness, { subscriptionId, replayId }, undefined));
    await harness.settle();
    expect(harness.titles()).toEqual([]);
    expect(deps.eventReplays.all()).toMatchObject([{ state: 'cancelled' }]);
    expect(deps.due.all()).toEqual([]);
  });
});
