import { describe, expect, test } from 'vitest';
import { updateSubscription as updateRoute } from '../../../../../shared/contracts/subscriptions.ts';
import { rotateSubscriptionSecret } from '../../../../../shared/use-cases/outgoing/rotate-secret.ts';
import { testSubscription } from '../../../../../shared/use-cases/outgoing/test-subscription.ts';
import { updateSubscription } from '../../../../../shared/use-cases/outgoing/update-subscription.ts';
import {
  createOutgoingHarness,
  type OutgoingHarness,
  receiverUrl,
  verifyPost,
} from '../../../../kit/outgoing-harness.ts';

const input = <Body>({ deps }: OutgoingHarness, subscriptionId: string, body: Body) => ({
  params: { subscriptionId },
  query: undefined,
  body,
  ifMatch: undefined,
  attempt: { at: deps.now(), repeated: false },
});

const update = (harness: OutgoingHarness, id: string, patch: object) => {
  const parsed = updateRoute.body?.parse(patch);
  if (parsed === undefined) throw new Error('The route has a body');
  return updateSubscription(harness.deps, harness.scope, input(harness, id, parsed));
};

describe('a signing secret', () => {
  test('is in no document, and its rotation overlaps: both sign until the old one ends', async () => {
    const harness = createOutgoingHarness();
    const { deps, scope } = harness;
    const { id, secret: old } = await harness.subscribe();
    const body = { overlapSeconds: 3600 };
    const rotated = await rotateSubscriptionSecret(deps, scope, input(harness, id, body));
    const { secret: fresh } = rotated.body;
    expect(rotated.body.secrets).toHaveLength(2);
    await harness.tell('during');
    await harness.settle();
    const [during] = deps.webhookClient.received;
    if (during === undefined) throw new Error('it was sent');
    for (const secret of [old, fresh]) verifyPost(during, secret);
    deps.clock.advance(3_600_000);
    await harness.tell('after');
    await harness.settle();
    const after = deps.webhookClient.received[1];
    if (after === undefined) throw new Error('it was sent');
    verifyPost(after, fresh);
    expect(() => verifyPost(after, old)).toThrow();
    const kept = JSON.stringify([deps.subscriptions.all(), deps.dispatches.all(), deps.audit.all(), deps.events.all()]);
    for (const secret of [old, fresh]) expect(kept).not.toContain(secret);
  });

  test('that is rotated twice leaves two that sign', async () => {
    const harness = createOutgoingHarness();
    const { deps, scope } = harness;
    const { id, secret: first } = await harness.subscribe();
    const body = { overlapSeconds: 3600 };
    const { secret: second } = (await rotateSubscriptionSecret(deps, scope, input(harness, id, body))).body;
    const { secret: third } = (await rotateSubscriptionSecret(deps, scope, input(harness, id, body))).body;
    await harness.tell('now');
    await harness.settle();
    const [post] = deps.webhookClient.received;
    if (post === undefined) throw new Error('it was sent');
    for (const secret of [second, third]) verifyPost(post, secret);
    expect(() => verifyPost(post, first)).toThrow();
  });
});

describe('a subscription', () => {
  test('that is disabled gets nothing; enabled again it begins anew', async () => {
    const harness = createOutgoingHarness({
      circuitFailures: 1,
      circuitOpenMs: 86_400_000,
      circuitMaxOpenMs: 86_400_000,
    });
    const { deps } = harness;
    const { id } = await harness.subscribe();
    deps.webhookClient.answer = () => ({ kind: 'answered', status: 500, durationMs: 1 });
    await harness.tell('fails');
    await harness.turns(3);
    expect(deps.endpoints.all()).toMatchObject([{ circuit: 'open' }]);
    const shown = (await update(harness, id, { enabled: false })).body;
    expect(shown).toMatchObject({ enabled: false, disabled: { reason: 'person' } });
    await harness.tell('missed');
    await harness.settle();
    deps.clock.advance(1000);
    deps.webhookClient.answer = () => ({ kind: 'answered', status: 200, durationMs: 1 });
    const enabled = (await update(harness, id, { enabled: true })).body;
    expect(enabled).toMatchObject({ enabled: true, health: { circuit: 'closed', consecutiveFailures: 0 } });
    expect(enabled.disabled).toBeUndefined();
    await harness.tell('arrives');
    await harness.settle();
    expect(harness.titles()).toEqual(['fails', 'arrives']);
    expect(deps.audit.all().map(({ action }) => action)).not.toContain('subscription.disabled');
  });

  test('takes and loses its order and its description', async () => {
    const harness = createOutgoingHarness();
    const { id } = await harness.subscribe();
    const given = (await update(harness, id, { orderBy: 'data.projectId', description: 'Ours' })).body;
    expect(given).toMatchObject({ orderBy: 'data.projectId', description: 'Ours', url: receiverUrl });
    const taken = (await update(harness, id, { orderBy: null, description: null })).body;
    expect([taken.orderBy, taken.description]).toEqual([undefined, undefined]);
  });

  test('is refused for a URL that may not be posted to', async () => {
    const harness = createOutgoingHarness();
    const refusal = { code: 'invalid-request', errors: [{ in: 'body', field: '/url', message: 'must be https' }] };
    await expect(harness.subscribe({ url: 'http://receiver.example/' })).rejects.toMatchObject(refusal);
    const { id } = await harness.subscribe();
    await expect(update(harness, id, { url: 'http://receiver.example/' })).rejects.toMatchObject(refusal);
  });

  test('has a URL whose query is told to nobody else', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    await harness.subscribe({ url: 'https://receiver.example/hook?token=open-sesame' });
    await harness.subscribe({ url: 'https://observer.example/', events: [{ type: 'subscription.*' }] });
    deps.webhookClient.answer = ({ url }) => ({
      kind: 'answered',
      status: url.includes('receiver') ? 410 : 200,
      durationMs: 1,
    });
    await harness.tell('Anybody there?');
    await harness.settle();
    const [told] = deps.webhookClient.received.filter(({ url }) => url.includes('observer'));
    expect(JSON.parse(told?.body ?? '{}')).toMatchObject({ data: { url: 'https://receiver.example/hook' } });
    const kept = [deps.events.all(), deps.audit.all(), deps.dispatches.all(), deps.log.entries];
    expect(JSON.stringify(kept)).not.toContain('open-sesame');
  });

  test('keeps what is known of its receiver when a change is refused', async () => {
    const harness = createOutgoingHarness({ circuitFailures: 1 });
    const { deps, scope } = harness;
    const { id } = await harness.subscribe();
    deps.webhookClient.answer = () => ({ kind: 'answered', status: 500, durationMs: 1 });
    await harness.tell('fails');
    await harness.turns(2);
    const known = deps.endpoints.all();
    expect(known).toMatchObject([{ circuit: 'open' }]);
    const patch = { ...input(harness, id, { url: 'https://elsewhere.example/' }), ifMatch: ['"stale"'] };
    await expect(updateSubscription(deps, scope, patch)).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(deps.endpoints.all()).toEqual(known);
  });

  test('that has moved does not end with what its old receiver answers; that one is tried again at the new', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    const { id } = await harness.subscribe();
    const moved = 'https://moved.example/hook';
    deps.webhookClient.answer = async ({ url }) => {
      if (url === moved) return { kind: 'answered', status: 200, durationMs: 1 };
      await update(harness, id, { url: moved });
      return { kind: 'answered', status: 410, durationMs: 1 };
    };
    await harness.tell('Follows');
    await harness.settle();
    expect(deps.subscriptions.all()).toMatchObject([{ enabled: true, url: moved }]);
    expect(harness.dispatches()).toMatchObject([{ state: 'delivered', attemptCount: 2 }]);
  });

  test('is refused beyond so many', async () => {
    const harness = createOutgoingHarness();
    for (let count = 0; count < 50; count += 1) await harness.subscribe();
    await expect(harness.subscribe()).rejects.toMatchObject({ code: 'limit-reached' });
  });
});

describe('a test', () => {
  test('is sent now, also to a disabled subscription, and shows what came of it', async () => {
    const harness = createOutgoingHarness();
    const { deps, scope } = harness;
    const { id, secret } = await harness.subscribe({ enabled: false });
    const { body } = await testSubscription(deps, scope, input(harness, id, undefined));
    expect(body).toMatchObject({ state: 'delivered', test: true, attempts: [{ status: 200 }] });
    const [post] = deps.webhookClient.received;
    if (post === undefined) throw new Error('it was sent');
    expect(verifyPost(post, secret)).toMatchObject({ type: 'subscription.test', data: { subscriptionId: id } });
    await harness.settle();
    expect(deps.webhookClient.received).toHaveLength(1);
    expect(deps.events.all()).toEqual([]);
  });

  test('that fails is not repeated, and says nothing against the receiver', async () => {
    const harness = createOutgoingHarness({ circuitFailures: 1 });
    const { deps, scope } = harness;
    const { id } = await harness.subscribe();
    deps.webhookClient.answer = () => ({ kind: 'answered', status: 410, durationMs: 1 });
    const { body } = await testSubscription(deps, scope, input(harness, id, undefined));
    expect(body).toMatchObject({ state: 'dead', problem: 'It answered 410.' });
    await harness.settle();
    expect(deps.webhookClient.received).toHaveLength(1);
    expect(deps.subscriptions.all()).toMatchObject([{ enabled: true }]);
    expect(deps.endpoints.all()).toEqual([]);
  });

  test('whose process dies is ended by the clock', async () => {
    const harness = createOutgoingHarness();
    const { deps, scope } = harness;
    const { id } = await harness.subscribe();
    deps.faults.crashAt(3, 'after');
    await expect(testSubscription(deps, scope, input(harness, id, undefined))).rejects.toThrow();
    deps.faults.restart();
    await harness.settle();
    expect(harness.dispatches()).toMatchObject([{ test: true, state: 'delivered' }]);
    expect(deps.due.all()).toEqual([]);
  });
});
