import { describe, expect, test } from 'vitest';
import type { PostOutcome } from '../../../../../shared/core/outgoing/next-step.ts';
import { deleteSubscription } from '../../../../../shared/use-cases/outgoing/delete-subscription.ts';
import { fanOutEvents } from '../../../../../shared/use-cases/outgoing/fan-out-events.ts';
import { handleOutgoingMessage } from '../../../../../shared/use-cases/outgoing/handle-outgoing-message.ts';
import { createOutgoingHarness, receiverUrl, verifyPost } from '../../../../kit/outgoing-harness.ts';

const answered = (status: number, retryAfterMs?: number): PostOutcome => ({
  kind: 'answered',
  status,
  durationMs: 7,
  excerpt: `answer ${status}`,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

describe('an event', () => {
  test('goes signed to each subscription that wants it, and is delivered', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    const all = await harness.subscribe();
    const alerts = await harness.subscribe({ url: 'https://other.example/', events: [{ type: 'activity.*' }] });
    await harness.subscribe({ events: [{ type: 'sync.*' }] });
    await harness.tell('Look');
    await harness.settle();
    const [event] = deps.events.all();
    expect(harness.dispatches()).toMatchObject([
      { state: 'delivered', attemptCount: 1, attempts: [{ outcome: 'delivered', status: 200 }] },
      { state: 'delivered' },
    ]);
    expect(deps.webhookClient.received).toHaveLength(2);
    for (const post of deps.webhookClient.received) {
      const { secret } = post.url === receiverUrl ? all : alerts;
      expect(verifyPost(post, secret)).toEqual({
        id: event?.id,
        type: 'activity.alert',
        version: 1,
        timestamp: event?.at,
        subject: 'project-1',
        data: { severity: 'info', title: 'Look' },
      });
      expect(post.headers).toMatchObject({ 'webhook-id': event?.id, 'content-type': 'application/json' });
    }
    expect(deps.due.all()).toEqual([]);
  });

  test('that the feed shows again is not sent again', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe();
    await harness.tell('Once');
    await harness.settle();
    const documents = harness.deps.events.all();
    await fanOutEvents(harness.deps, { documents, invocationId: 'again', failures: 0 });
    await harness.settle();
    expect(harness.titles()).toEqual(['Once']);
  });

  test('from before a subscription was made is none of its', async () => {
    const harness = createOutgoingHarness();
    await harness.tell('Before');
    harness.deps.clock.advance(1);
    await harness.subscribe();
    await harness.settle();
    expect(harness.dispatches()).toEqual([]);
  });
});

describe('a failed attempt', () => {
  test('is repeated by the schedule under the same id with the same body, and given up at its end', async () => {
    const harness = createOutgoingHarness({ circuitFailures: 100, sweepMs: 3_600_000 });
    const { secret } = await harness.subscribe();
    harness.deps.webhookClient.answer = () => answered(500);
    const begunMs = harness.deps.clock.nowMs();
    await harness.tell('Unheard');
    await harness.settle();
    const { received } = harness.deps.webhookClient;
    expect(received).toHaveLength(10);
    expect(new Set(received.map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    for (const post of received) verifyPost(post, secret);
    const pauses = received.map(({ at }, index) => at.getTime() - (received[index - 1]?.at.getTime() ?? begunMs));
    for (const [index, scheduledMs] of harness.deps.outgoing.scheduleMs.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(scheduledMs);
      expect(pauses[index]).toBeLessThanOrEqual(scheduledMs * 1.1 + 1000);
    }
    const [dispatch] = harness.dispatches();
    expect(dispatch).toMatchObject({ state: 'dead', attemptCount: 10, problem: expect.stringContaining('500') });
    expect(dispatch?.attempts[0]).toEqual({
      at: received[0]?.at.toISOString(),
      durationMs: 7,
      outcome: 'refused',
      status: 500,
      problem: 'It answered 500.',
      excerpt: 'answer 500',
    });
  });

  test('waits for as long as the receiver asks', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe();
    const { webhookClient } = harness.deps;
    webhookClient.answer = () => (webhookClient.received.length === 1 ? answered(429, 7_200_000) : answered(204));
    await harness.tell('Later');
    await harness.settle();
    const [first, second] = webhookClient.received;
    expect((second?.at.getTime() ?? 0) - (first?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(7_200_000);
    expect(harness.dispatches()).toMatchObject([{ state: 'delivered', attemptCount: 2 }]);
  });

  test('has all others wait as well when the receiver asks for it, without an attempt', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    await harness.subscribe();
    const begunMs = deps.clock.nowMs();
    const askedMs = 600_000;
    deps.webhookClient.answer = ({ at }) => (at.getTime() < begunMs + askedMs ? answered(429, askedMs) : answered(200));
    for (const title of ['one', 'two', 'three']) {
      await harness.tell(title);
      await harness.turns(2);
    }
    expect(harness.titles()).toEqual(['one']);
    await harness.settle();
    expect(harness.titles().toSorted()).toEqual(['one', 'one', 'three', 'two']);
    expect(harness.dispatches().every(({ state }) => state === 'delivered')).toBe(true);
    expect(deps.endpoints.all()).toMatchObject([{ circuit: 'closed', openings: 0 }]);
  });

  test('without an answer is told in words', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe();
    const { webhookClient } = harness.deps;
    webhookClient.answer = () =>
      webhookClient.received.length === 1
        ? { kind: 'failed', problem: 'the connection was refused', durationMs: 3 }
        : answered(200);
    await harness.tell('Twice');
    await harness.settle();
    expect(harness.dispatches()[0]?.attempts).toMatchObject([
      { outcome: 'failed', problem: 'the connection was refused' },
      { outcome: 'delivered' },
    ]);
  });
});

describe('a receiver that answers 410', () => {
  test('gets nothing more: the subscription is disabled, which is told once', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    const { id } = await harness.subscribe();
    const observer = await harness.subscribe({
      url: 'https://observer.example/',
      events: [{ type: 'subscription.*' }],
    });
    deps.webhookClient.answer = ({ url }) => answered(url === receiverUrl ? 410 : 200);
    for (const title of ['First', 'Second']) {
      await harness.tell(title);
      await harness.turns(1);
    }
    await harness.settle();
    const subscription = deps.subscriptions.all().find((each) => each.id === id);
    expect(subscription).toMatchObject({ enabled: false, disabled: { reason: 'gone', told: true } });
    const posts = deps.webhookClient.received.filter(({ url }) => url === receiverUrl);
    expect(posts).toHaveLength(1);
    expect(
      harness
        .dispatches()
        .filter((each) => each.subscriptionId === id)
        .map(({ state }) => state),
    ).toEqual(['dead', 'dead']);
    expect(harness.dispatches().filter((each) => each.subscriptionId === observer.id)).toMatchObject([
      { eventType: 'subscription.disabled', state: 'delivered' },
    ]);
    expect(deps.audit.all().filter(({ action }) => action === 'subscription.disabled')).toHaveLength(1);
    await harness.tell('Third');
    await harness.settle();
    expect(deps.webhookClient.received.filter(({ url }) => url === receiverUrl)).toHaveLength(1);
  });
});

describe('a receiver that fails', () => {
  test('often is left alone, then tried by one delivery; with its answer all others go', async () => {
    const harness = createOutgoingHarness({
      circuitFailures: 3,
      circuitOpenMs: 3_600_000,
      circuitMaxOpenMs: 3_600_000,
    });
    const { deps } = harness;
    await harness.subscribe();
    let works = false;
    deps.webhookClient.answer = () => answered(works ? 200 : 503);
    for (let count = 0; count < 6; count += 1) {
      await harness.tell(`Event ${count}`);
      await harness.turns(2);
    }
    expect(deps.webhookClient.received).toHaveLength(3);
    expect(deps.endpoints.all()).toMatchObject([{ circuit: 'open', consecutiveFailures: 3 }]);
    expect(harness.dispatches().filter(({ attemptCount }) => attemptCount === 0)).toHaveLength(3);
    works = true;
    const until = Date.parse(deps.endpoints.all()[0]?.until ?? '');
    await harness.settle();
    const afterwards = deps.webhookClient.received.slice(3);
    expect(afterwards).toHaveLength(6);
    for (const { at } of afterwards) expect(at.getTime()).toBeGreaterThanOrEqual(until);
    expect(harness.dispatches().every(({ state }) => state === 'delivered')).toBe(true);
    expect(deps.endpoints.all()).toMatchObject([{ circuit: 'closed', consecutiveFailures: 0 }]);
  });

  test('for days ends its subscription, which is told with the reason', async () => {
    const dayMs = 86_400_000;
    const harness = createOutgoingHarness({ circuitFailures: 3, disableAfterMs: 2 * dayMs, sweepMs: 3_600_000 });
    const { deps } = harness;
    const { id } = await harness.subscribe();
    deps.webhookClient.answer = () => ({ kind: 'failed', problem: 'the host name is not known', durationMs: 1 });
    await harness.tell('Into the void');
    await harness.settle();
    expect(deps.subscriptions.all()).toMatchObject([
      {
        id,
        enabled: false,
        disabled: { reason: 'failing', detail: expect.stringContaining('the host name is not known') },
      },
    ]);
    const [told] = deps.events.all().filter(({ type }) => type === 'subscription.disabled');
    expect(told).toMatchObject({ subject: id, data: { reason: 'failing', url: receiverUrl } });
    const lastedMs = Date.parse(told?.at ?? '') - Date.parse(deps.endpoints.all()[0]?.failingSince ?? '');
    expect(lastedMs).toBeGreaterThanOrEqual(2 * dayMs);
  });
});

test('what waits for a subscription that is removed is given up, and its secret is erased', async () => {
  const harness = createOutgoingHarness();
  const { deps, scope } = harness;
  const { id: subscriptionId } = await harness.subscribe();
  deps.webhookClient.answer = () => answered(500);
  await harness.tell('Too late');
  await harness.turns(2);
  const attempt = { at: deps.now(), repeated: false };
  const input = { params: { subscriptionId }, query: undefined, body: undefined, ifMatch: undefined, attempt };
  await deleteSubscription(deps, scope, input);
  await harness.settle();
  expect(harness.dispatches()).toMatchObject([{ state: 'dead', problem: 'The subscription was removed.' }]);
  expect(deps.secrets.size).toBe(0);
  expect(deps.endpoints.all()).toEqual([]);
  expect(deps.due.all()).toEqual([]);
});

test('two turns at once send once', async () => {
  const harness = createOutgoingHarness();
  const { deps } = harness;
  await harness.subscribe();
  await harness.tell('Once');
  await harness.turns(1);
  const { envelope } = deps.outgoingQueue.receive() ?? {};
  await Promise.all([1, 2, 3].map(() => handleOutgoingMessage(deps, envelope)));
  expect(harness.titles()).toEqual(['Once']);
});

test('a message that does not parse is set aside', async () => {
  const { deps } = createOutgoingHarness();
  await handleOutgoingMessage(deps, { kind: 'send-dispatches', tenantId: 'acme' });
  expect(deps.outgoingQueue.poison).toMatchObject([{ reason: expect.stringContaining('/dispatchIds') }]);
  expect(deps.log.alerts).toHaveLength(1);
});
