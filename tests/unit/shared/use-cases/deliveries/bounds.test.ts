import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../../shared/core/adapter.ts';
import { mostTries } from '../../../../../shared/core/webhooks/advance-delivery.ts';
import { blobBody } from '../../../../../shared/core/webhooks/delivery-body.ts';
import { handleDeliveryMessage } from '../../../../../shared/use-cases/deliveries/handle-delivery-message.ts';
import { findLeftDeliveries } from '../../../../../shared/use-cases/deliveries/sweep-deliveries.ts';
import { runDueEntries } from '../../../../../shared/use-cases/run-due-entries.ts';
import { carried, createDeliveryHarness, hinted, named } from '../../../../kit/delivery-harness.ts';
import { fill, longAgo } from '../../../../kit/sync-harness.ts';

describe('the tries of a delivery', () => {
  it('are not used up while the provider asks for short pauses', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    for (let call = 0; call < 5; call += 1) {
      harness.fetchFailures.push(new AdapterFailure('rate-limited', 'Too many calls.', { retryAfterMs: 1_000 }));
    }
    const { id } = await harness.receive([named('p0000')]);
    await harness.settle();
    const { processing } = await harness.delivery(id);
    const times = processing.history.map(({ startedAt }) => Date.parse(startedAt));
    const [first = 0, ...others] = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(first).toBeGreaterThan(2_000);
    expect(others.every((pause, index) => pause > (index === 0 ? first : (others[index - 1] ?? 0)))).toBe(true);
  });

  it('are not put off for longer than a day, whatever the provider asks for', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    harness.fetchFailures.push(new AdapterFailure('unavailable', 'Closed.', { retryAfterMs: 365 * 86_400_000 }));
    const { id } = await harness.receive([named('p0000')]);
    const before = harness.deps.clock.nowMs();
    await harness.settle();
    expect((await harness.delivery(id)).state).toBe('processed');
    expect(harness.deps.clock.nowMs() - before).toBeLessThan(86_400_000 + 120_000);
  });

  it('come to an end where a document of ours does not parse, and the delivery is dead', async () => {
    const harness = await createDeliveryHarness();
    const { id: taskId, integrationId } = await harness.task();
    const { id } = await harness.receive([carried('a', 'Ana')]);
    harness.deps.tasks.plant('acme', { id: taskId, tenantId: 'acme', kind: 'task', integrationId } as { id: string });
    await harness.settle();
    const delivery = await harness.delivery(id);
    expect(delivery).toMatchObject({ state: 'dead', processing: { attempts: mostTries } });
    expect(delivery.processing.reason).toMatch(/corrupt|does not parse/i);
    expect(harness.deps.poison.all()).toEqual([]);
  });
});

describe('what others are asked', () => {
  it('is nothing while the connection is paused; then deliveries go on', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 2);
    harness.fetchFailures.push(new AdapterFailure('credentials-rejected', 'The key is not accepted.'));
    const first = await harness.receive([named('p0000')]);
    await harness.turn();
    const second = await harness.receive([named('p0001')]);
    await harness.turn();
    expect(harness.fetched).toEqual([['p0000']]);
    expect(await harness.delivery(second.id)).toMatchObject({
      state: 'failed',
      processing: { reason: 'The connection is paused: the provider rejected its credential.' },
    });
    const { deps, scope } = harness;
    const stored = (await deps.integrations.get(scope, { id: first.integrationId })) ?? expect.fail();
    const connection = { ...(stored.document.connection ?? expect.fail()), state: 'connected' as const };
    await deps.integrations.write(scope, { kind: 'upsert', document: { ...stored.document, connection } });
    await harness.settle();
    for (const { id } of [first, second]) expect((await harness.delivery(id)).state).toBe('processed');
  });

  it('is one run for all hints of a batch, which is written down once', async () => {
    const harness = await createDeliveryHarness();
    const { deps } = harness;
    for (let copy = 0; copy < 50; copy += 1) await harness.receive([hinted]);
    let puts = 0;
    deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'due' && verb === 'put') puts += 1;
    };
    await harness.turn();
    // One to have the deliveries looked after, one for the run.
    expect(puts).toBe(2);
    const { id: taskId } = await harness.task();
    for (const { processing } of await harness.deliveries()) {
      expect(processing.result?.pulls).toEqual([{ taskId, object: 'people' }]);
    }
  });

  it('is asked again after asking has failed', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    const { deps } = harness;
    const ids = [(await harness.receive([hinted])).id, (await harness.receive([hinted])).id];
    let puts = 0;
    deps.faults.onOperation = ({ port, verb }) => {
      if (port !== 'due' || verb !== 'put') return;
      puts += 1;
      if (puts === 2) throw new Error('down');
    };
    await harness.settle();
    for (const id of ids) expect((await harness.delivery(id)).state).toBe('processed');
  });
});

describe('what is worked on at once', () => {
  it('is bounded: of many large bodies some are read at a time, and their order is kept', async () => {
    const harness = await createDeliveryHarness();
    const { deps, scope } = harness;
    const names = Array.from({ length: 40 }, (_, index) => `Name ${index}`);
    for (const name of names) {
      const bytes = Buffer.from(JSON.stringify([carried('a', name)]));
      const body = blobBody(bytes, await deps.deliveryBodies.put(scope, bytes));
      await harness.receive([], { body });
    }
    let reading = 0;
    let most = 0;
    deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'deliveryBodies' || verb !== 'get') return;
      reading += 1;
      most = Math.max(most, reading);
      await setImmediate();
      reading -= 1;
    };
    await harness.settle();
    expect(most).toBeLessThanOrEqual(8);
    expect((await harness.shards()).get('a')?.data['name']).toBe('Name 39');
  });

  it('and what the clock looks at: those whose turn has not come cost it nothing', async () => {
    const harness = await createDeliveryHarness();
    const { deps, scope } = harness;
    harness.feedIsLost = true;
    const waiting = { attempts: 1, fence: 1, history: [], nextAttemptAt: '2031-01-01T00:00:00.000Z' };
    for (let index = 0; index < 400; index += 1) await harness.receive([], { state: 'failed', processing: waiting });
    const due = { ...waiting, nextAttemptAt: deps.now().toISOString() };
    const failed = await harness.receive([carried('a', 'Ana')], { state: 'failed', processing: due });
    const lease = { attempts: 1, fence: 1, history: [], startedAt: longAgo, leaseUntil: longAgo };
    const lost = await harness.receive([carried('b', 'Bor')], { state: 'processing', processing: lease });
    const fresh = await harness.receive([carried('c', 'Cene')]);
    await findLeftDeliveries(deps, scope, failed.integrationId);
    deps.clock.advance(deps.engine.watchMs + deps.engine.leaseMs);
    let lists = 0;
    deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'deliveries' && verb === 'list') lists += 1;
    };
    await runDueEntries(deps, scope.traceparent);
    expect(lists).toBe(4);
    deps.faults.onOperation = undefined;
    for (let message = deps.deliveryQueue.receive(); message !== undefined; message = deps.deliveryQueue.receive()) {
      await handleDeliveryMessage(deps, message.envelope);
      message.complete();
    }
    for (const { id } of [failed, lost, fresh]) expect((await harness.delivery(id)).state).toBe('processed');
    expect(deps.due.all()).toHaveLength(1);
  });
});
