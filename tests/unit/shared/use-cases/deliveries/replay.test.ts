import { describe, expect, it } from 'vitest';
import type { WebhookReplayDocument } from '../../../../../shared/core/documents/webhook-replay.ts';
import type { Scope } from '../../../../../shared/core/scope.ts';
import { listDeliveries } from '../../../../../shared/use-cases/deliveries/list-deliveries.ts';
import { redriveDelivery } from '../../../../../shared/use-cases/deliveries/redrive-delivery.ts';
import { cancelReplay } from '../../../../../shared/use-cases/replays/cancel-replay.ts';
import { createReplay, replayDelivery } from '../../../../../shared/use-cases/replays/create-replay.ts';
import { getReplay } from '../../../../../shared/use-cases/replays/get-replay.ts';
import { carried, createDeliveryHarness, type DeliveryHarness } from '../../../../kit/delivery-harness.ts';
import { survive } from '../../../../kit/sync-harness.ts';

const parts = { query: undefined, params: undefined, body: undefined, ifMatch: undefined };

function attempt(harness: DeliveryHarness, repeated = false) {
  return { at: harness.deps.now(), repeated };
}

const inputOf = <Params>(harness: DeliveryHarness, params: Params) => ({
  ...parts,
  params,
  attempt: attempt(harness),
});

type Body = Parameters<typeof createReplay>[2]['body'];

async function replayAll(harness: DeliveryHarness, body: Partial<Body>): Promise<string> {
  const input = { ...parts, body: { action: 'replay' as const, ...body }, attempt: attempt(harness) };
  return (await createReplay(harness.deps, harness.scope, input)).body.id;
}

async function read(harness: DeliveryHarness, id: string): Promise<WebhookReplayDocument> {
  const stored = await harness.deps.webhookReplays.get(harness.scope, { id });
  if (stored === undefined) throw new Error('the replay is gone');
  return stored.document;
}

async function receiveSome(harness: DeliveryHarness, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push((await harness.receive([carried(`r${index}`, `Name ${index}`)])).id);
  }
  await harness.settle();
  return ids;
}

const span = (harness: DeliveryHarness) => ({
  from: new Date(harness.deps.clock.nowMs() - 3_600_000).toISOString(),
  to: new Date(harness.deps.clock.nowMs() + 3_600_000).toISOString(),
});

describe('a replay', () => {
  it('delivers one delivery anew, with its lineage, also one that was replayed', async () => {
    const harness = await createDeliveryHarness();
    const [id = ''] = await receiveSome(harness, 1);
    harness.deps.clock.advance(60_000);
    await replayDelivery(harness.deps, harness.scope, inputOf(harness, { deliveryId: id }));
    await harness.settle();
    const [original, first] = await harness.deliveries();
    expect(first).toMatchObject({
      state: 'processed',
      identity: 'replay',
      body: original?.body,
      replay: { of: id, root: id, seenAt: original?.receivedAt, actorId: 'test' },
      processing: { attempts: 1, result: { counts: { unchanged: 1 } } },
    });
    await replayDelivery(harness.deps, harness.scope, inputOf(harness, { deliveryId: first?.id ?? '' }));
    await harness.settle();
    expect((await harness.deliveries())[2]?.replay).toMatchObject({ of: first?.id, root: id });
  });

  it('of an old payload does not undo what is newer', async () => {
    const harness = await createDeliveryHarness();
    const old = await harness.receive([carried('a', 'Old')]);
    await harness.receive([carried('a', 'New')]);
    await harness.settle();
    await replayDelivery(harness.deps, harness.scope, inputOf(harness, { deliveryId: old.id }));
    await harness.settle();
    expect((await harness.shards()).get('a')?.data['name']).toBe('New');
    expect((await harness.deliveries()).at(-1)?.processing.result?.counts).toEqual({ skipped: 1 });
  });

  it('of a span of time takes what arrived in it, once, and tells how far it is', async () => {
    const harness = await createDeliveryHarness();
    await receiveSome(harness, 120);
    harness.deps.clock.advance(1);
    const id = await replayAll(harness, span(harness));
    expect((await getReplay(harness.deps, harness.scope, inputOf(harness, { replayId: id }))).body).toMatchObject({
      state: 'running',
      progress: { seen: 0, done: 0, skipped: 0 },
    });
    await harness.settle();
    expect(await read(harness, id)).toMatchObject({ state: 'done', counts: { seen: 120, done: 120, skipped: 0 } });
    const all = await harness.deliveries();
    expect(all).toHaveLength(240);
    expect(new Set(all.map(({ replay }) => replay?.of)).size).toBe(121);
    expect(all.every(({ state }) => state === 'processed')).toBe(true);
  });

  it('of named deliveries passes over those that are gone', async () => {
    const harness = await createDeliveryHarness();
    const ids = await receiveSome(harness, 3);
    await harness.deps.deliveries.remove(harness.scope, { id: ids[1] ?? '' });
    const id = await replayAll(harness, { deliveryIds: ids });
    await harness.settle();
    expect((await read(harness, id)).counts).toEqual({ seen: 3, done: 2, skipped: 1 });
  });

  it('can be cancelled on the way, and does nothing more then', async () => {
    const harness = await createDeliveryHarness();
    await receiveSome(harness, 120);
    harness.deps.clock.advance(1);
    const id = await replayAll(harness, span(harness));
    harness.deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'webhookReplays' || verb !== 'replace') return;
      harness.deps.faults.onOperation = undefined;
      await cancelReplay(harness.deps, harness.scope, inputOf(harness, { replayId: id }));
    };
    await harness.settle();
    const replay = await read(harness, id);
    expect(replay).toMatchObject({ state: 'cancelled', counts: { done: 50 } });
    expect((await harness.deliveries()).length).toBe(170);
    await expect(cancelReplay(harness.deps, harness.scope, inputOf(harness, { replayId: id }))).rejects.toMatchObject({
      code: 'wrong-state',
    });
    expect(harness.deps.due.all()).toEqual([]);
  });

  it.each(['before', 'after'] as const)('is whole after a crash %s any step', async (moment) => {
    const undisturbed = await createDeliveryHarness();
    const ids = await receiveSome(undisturbed, 3);
    const from = undisturbed.deps.faults.steps;
    await replayAll(undisturbed, { deliveryIds: ids });
    await undisturbed.settle();
    const steps = undisturbed.deps.faults.steps - from;
    for (let step = 1; step <= steps; step += 1) {
      const harness = await createDeliveryHarness();
      const named = await receiveSome(harness, 3);
      harness.deps.faults.crashAt(step, moment);
      const id = await survive(harness.deps, () => replayAll(harness, { deliveryIds: named }));
      // Nobody was told of it: the caller asks again, and may have it twice.
      if (id === undefined) await replayAll(harness, { deliveryIds: named });
      await harness.settle();
      const replayed = Map.groupBy(
        (await harness.deliveries()).filter(({ replay }) => replay !== undefined),
        ({ replay }) => replay?.replayId,
      );
      for (const [, own] of replayed) {
        expect(
          own.map(({ state }) => state),
          `step ${step}`,
        ).toEqual(['processed', 'processed', 'processed']);
      }
      expect(replayed.size, `step ${step}`).toBeGreaterThan(0);
      expect(harness.deps.due.all(), `step ${step}`).toEqual([]);
    }
  });
});

describe('a redrive', () => {
  const deadOnes = async () => {
    const harness = await createDeliveryHarness();
    const broken = { kind: 'hints', hints: [], rejected: [{ reason: 'Not yet.' }] };
    const ids = [(await harness.receive(broken)).id, (await harness.receive(broken)).id];
    await harness.receive([carried('a', 'Ana')]);
    await harness.settle();
    return { harness, ids };
  };

  it('gives one delivery new tries', async () => {
    const { harness, ids } = await deadOnes();
    const [id = ''] = ids;
    const { body } = await redriveDelivery(harness.deps, harness.scope, inputOf(harness, { deliveryId: id }));
    expect(body).toMatchObject({ id, state: 'received' });
    await harness.settle();
    expect(await harness.delivery(id)).toMatchObject({ state: 'dead', processing: { attempts: 2, triesBefore: 1 } });
    const [, , processed] = await harness.deliveries();
    await expect(
      redriveDelivery(harness.deps, harness.scope, inputOf(harness, { deliveryId: processed?.id ?? '' })),
    ).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('of many takes the dead ones alone', async () => {
    const { harness } = await deadOnes();
    harness.deps.clock.advance(1);
    const id = await replayAll(harness, { action: 'redrive', ...span(harness) });
    await harness.settle();
    expect((await read(harness, id)).counts).toEqual({ seen: 2, done: 2, skipped: 0 });
    expect((await harness.deliveries()).map(({ processing }) => processing.attempts)).toEqual([2, 2, 1]);
  });
});

describe('the list of deliveries', () => {
  type Query = Parameters<typeof listDeliveries>[2]['query'];
  const find = async (harness: DeliveryHarness, query: Partial<Query>, scope: Scope = harness.scope) =>
    (await listDeliveries(harness.deps, scope, { ...parts, query: { limit: 20, ...query }, attempt: attempt(harness) }))
      .body;

  it('is filtered by state, integration, time, event, record and text, newest first', async () => {
    const harness = await createDeliveryHarness();
    const [a = '', b = ''] = await receiveSome(harness, 2);
    const dead = await harness.receive(
      { kind: 'hints', hints: [], rejected: [{ reason: 'No.' }] },
      { eventId: 'evt-9' },
    );
    await harness.settle();
    const ids = async (query: Partial<Query>) => (await find(harness, query)).items.map(({ id }) => id);
    expect(await ids({})).toEqual([dead.id, b, a]);
    expect(await ids({ state: 'dead' })).toEqual([dead.id]);
    expect(await ids({ eventId: 'evt-9' })).toEqual([dead.id]);
    expect(await ids({ record: 'people/r1' })).toEqual([b]);
    expect(await ids({ text: 'NAME 0' })).toEqual([a]);
    expect(await ids({ integrationId: dead.integrationId })).toHaveLength(3);
    expect(await ids({ from: dead.receivedAt })).toEqual([dead.id]);
    expect(await ids({ to: dead.receivedAt })).toEqual([b, a]);
    const first = await find(harness, { limit: 2 });
    expect((await find(harness, { limit: 2, cursor: first.nextCursor })).items.map(({ id }) => id)).toEqual([a]);
    expect((await find(harness, {}, { ...harness.scope, tenantId: 'other' })).items).toEqual([]);
  });
});
