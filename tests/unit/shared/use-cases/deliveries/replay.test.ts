import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { IdKind } from '../../../../../shared/contracts/identifiers.ts';
import type { WebhookReplayDocument } from '../../../../../shared/core/documents/webhook-replay.ts';
import { composeId } from '../../../../../shared/core/ids.ts';
import type { Scope } from '../../../../../shared/core/scope.ts';
import { listDeliveries } from '../../../../../shared/use-cases/deliveries/list-deliveries.ts';
import { redriveDelivery } from '../../../../../shared/use-cases/deliveries/redrive-delivery.ts';
import { cancelReplay } from '../../../../../shared/use-cases/replays/cancel-replay.ts';
import { continueReplay } from '../../../../../shared/use-cases/replays/continue-replay.ts';
import { createReplay, replayDelivery } from '../../../../../shared/use-cases/replays/create-replay.ts';
import { getReplay } from '../../../../../shared/use-cases/replays/get-replay.ts';
import { listReplays } from '../../../../../shared/use-cases/replays/list-replays.ts';
import { runDueEntries } from '../../../../../shared/use-cases/run-due-entries.ts';
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

  it('never repeats what it made itself, also on a host whose clock is behind', async () => {
    const harness = await createDeliveryHarness();
    await receiveSome(harness, 60);
    const { deps, scope } = harness;
    deps.clock.advance(600_000);
    const id = await replayAll(harness, span(harness));
    // As far as the host that works on it knows, most of the span is still to come.
    const behind = { ...deps, newId: (kind: IdKind) => composeId(kind, deps.clock.nowMs() - 300_000, randomBytes(10)) };
    for (let turn = 0; turn < 20; turn += 1) {
      if ((await read(harness, id)).state === 'done') break;
      await continueReplay(behind, scope, id);
    }
    expect(await read(harness, id)).toMatchObject({ state: 'done', counts: { done: 60 } });
    expect(await harness.deliveries()).toHaveLength(120);
  });

  it('that is moved on is not given further messages by the clock; one that is left gets one', async () => {
    const harness = await createDeliveryHarness();
    await receiveSome(harness, 3);
    const { deps, scope } = harness;
    const id = await replayAll(harness, span(harness));
    deps.deliveryQueue.receive()?.complete();
    deps.clock.advance(deps.engine.watchMs);
    const { document, etag } = (await deps.webhookReplays.get(scope, { id })) ?? expect.fail();
    const moved = { ...document, updatedAt: deps.now().toISOString() };
    await deps.webhookReplays.write(scope, { kind: 'replace', document: moved, etag });
    await runDueEntries(deps, scope.traceparent);
    expect(deps.deliveryQueue.receive()).toBeUndefined();
    deps.clock.advance(deps.engine.watchMs);
    await runDueEntries(deps, scope.traceparent);
    expect(deps.deliveryQueue.receive()?.envelope).toMatchObject({ kind: 'replay-deliveries', replayId: id });
  });

  it('is listed with what it is about, by state and integration, the latest first, and to its tenant alone', async () => {
    const harness = await createDeliveryHarness();
    const { deps } = harness;
    const [first = ''] = await receiveSome(harness, 1);
    const { integrationId } = await harness.task();
    const replay = async (body: Partial<Body>) => {
      deps.clock.advance(1);
      return replayAll(harness, body);
    };
    const named = await replay({ deliveryIds: [first] });
    await harness.settle();
    const all = await replay({ action: 'redrive', ...span(harness), states: ['dead', 'failed'] });
    const own = await replay({ ...span(harness), integrationId });
    type Query = Parameters<typeof listReplays>[2]['query'];
    const list = async (query: Partial<Query>, scope: Scope = harness.scope) =>
      (await listReplays(deps, scope, { ...parts, query: { limit: 20, ...query }, attempt: attempt(harness) })).body;
    const ids = async (query: Partial<Query>) => (await list(query)).items.map(({ id }) => id);
    expect(await ids({})).toEqual([own, all, named]);
    expect(await ids({ state: 'running' })).toEqual([own, all]);
    expect(await ids({ state: 'done' })).toEqual([named]);
    expect(await ids({ integrationId })).toEqual([own]);
    const page = await list({ limit: 2 });
    expect(await ids({ limit: 2, cursor: page.nextCursor })).toEqual([named]);
    await expect(list({ state: 'done', cursor: page.nextCursor })).rejects.toMatchObject({ code: 'invalid-request' });
    expect((await list({}, { ...harness.scope, tenantId: 'other' })).items).toEqual([]);
    expect(page.items.map(({ selection }) => selection)).toMatchObject([
      { integrationId, from: expect.any(String), to: expect.any(String) },
      { states: ['dead', 'failed'] },
    ]);
    expect((await list({ state: 'done' })).items[0]?.selection).toEqual({ deliveries: 1 });
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
