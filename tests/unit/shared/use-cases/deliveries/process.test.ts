import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../../shared/core/adapter.ts';
import type { DeliveryDocument } from '../../../../../shared/core/documents/delivery.ts';
import { mostLosses, mostTries } from '../../../../../shared/core/webhooks/advance-delivery.ts';
import { lanesOf } from '../../../../../shared/use-cases/deliveries/process-deliveries.ts';
import { findLeftDeliveries } from '../../../../../shared/use-cases/deliveries/sweep-deliveries.ts';
import {
  carried,
  createDeliveryHarness,
  type DeliveryHarness,
  hinted,
  named,
} from '../../../../kit/delivery-harness.ts';
import { fill } from '../../../../kit/sync-harness.ts';

async function namesOf(harness: DeliveryHarness): Promise<Record<string, unknown>> {
  return Object.fromEntries([...(await harness.shards())].map(([id, shard]) => [id, shard.data['name']]));
}

const historyOf = ({ processing }: DeliveryDocument) =>
  processing.history.map(({ number, outcome }) => `${number} ${outcome}`);

describe('a delivery', () => {
  it('that carries records has them applied, and says what it changed', async () => {
    const harness = await createDeliveryHarness();
    const { id } = await harness.receive([
      carried('a', 'Ana'),
      carried('b', 'Bor'),
      carried('c', '', { deleted: true }),
    ]);
    await harness.settle();
    const delivery = await harness.delivery(id);
    const shards = await harness.shards();
    expect(delivery).toMatchObject({
      state: 'processed',
      recordKeys: ['people/a', 'people/b', 'people/c'],
      processing: {
        attempts: 1,
        history: [{ number: 1, outcome: 'processed' }],
        result: {
          counts: { created: 2, unchanged: 1 },
          changes: [
            { externalId: 'a', outcome: 'created', shardId: shards.get('a')?.id },
            { externalId: 'b', outcome: 'created', shardId: shards.get('b')?.id },
            { externalId: 'c', outcome: 'unchanged' },
          ],
          failures: [],
          pulls: [],
        },
      },
    });
    expect(delivery.processing.announced).toBeUndefined();
    expect(shards.get('a')?.cause).toMatchObject({ kind: 'delivery', id });
    expect(harness.deps.due.all()).toEqual([]);
  });

  it('that names records has them fetched; one that is not there any more is deleted', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 3);
    await harness.run();
    harness.provider.put('p0000', { name: 'New name', city: 'Maribor' });
    harness.provider.forget('p0001');
    const { id } = await harness.receive([named('p0000'), named('p0001'), named('p0000'), named('p0002')]);
    await harness.settle();
    expect(harness.fetched).toEqual([['p0000', 'p0001'], ['p0002']]);
    expect((await harness.delivery(id)).processing.result?.counts).toEqual({ updated: 2, unchanged: 1 });
    const shards = await harness.shards();
    expect(shards.get('p0000')?.data['name']).toBe('New name');
    expect(shards.get('p0001')?.status).toBe('deleted');
  });

  it('about records that were looked at since it came fetches none of them again', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    await harness.run();
    harness.provider.put('p0000', { name: 'New name', city: 'Maribor' });
    for (let copy = 0; copy < 20; copy += 1) await harness.receive([named('p0000')]);
    harness.deps.clock.advance(1);
    await harness.settle();
    expect(harness.fetched).toEqual([['p0000']]);
    const outcomes = (await harness.deliveries()).map(({ processing }) => processing.result?.counts);
    expect(outcomes).toEqual([{ updated: 1 }, ...Array.from({ length: 19 }, () => ({ unchanged: 1 }))]);
  });

  it('that comes late changes nothing of what is newer, by version and by arrival', async () => {
    const harness = await createDeliveryHarness();
    await harness.receive([carried('a', 'Second', { version: 2 })]);
    await harness.receive([carried('a', 'First', { version: 1 })]);
    const early = await harness.receive([carried('b', 'First')]);
    await harness.deps.deliveries.remove(harness.scope, { id: early.id });
    await harness.receive([carried('b', 'Second')]);
    await harness.settle();
    await harness.deps.deliveries.write(harness.scope, { kind: 'create', document: early });
    await harness.settle();
    expect(await namesOf(harness)).toEqual({ a: 'Second', b: 'Second' });
    expect((await harness.delivery(early.id)).processing.result?.counts).toEqual({ skipped: 1 });
  });

  it('with records that cannot be taken has the others applied, and is dead with the fields named', async () => {
    const harness = await createDeliveryHarness();
    const bad = { kind: 'change', object: 'people', change: { externalId: 'x', deleted: false, record: {} } };
    const { id } = await harness.receive({
      kind: 'hints',
      hints: [carried('a', 'Ana'), bad],
      rejected: [{ externalId: 'y', reason: 'Item 3: Field "age" must be integer' }],
    });
    await harness.settle();
    const delivery = await harness.delivery(id);
    expect(delivery.state).toBe('dead');
    expect(delivery.processing.reason).toMatch(/^2 of its records could not be taken\. .*name/);
    expect(delivery.processing.result).toMatchObject({
      counts: { created: 1, failed: 2 },
      failures: [
        { externalId: 'x', fields: ['name'] },
        { externalId: 'y', reason: 'Item 3: Field "age" must be integer' },
      ],
    });
    expect(await namesOf(harness)).toEqual({ a: 'Ana' });
  });

  it.each([
    ['is for an integration that is gone', 'The integration was removed.', { integrationId: 'gone' }, []],
    ['is about nothing that is read', 'No task reads orders.', {}, [{ kind: 'object', object: 'orders' }]],
    ['holds nothing', 'It holds nothing to be done.', {}, []],
    ['the adapter leaves', 'Not ours.', {}, { kind: 'ignored', reason: 'Not ours.' }],
  ])('that %s is ignored', async (_what, reason, change, payload) => {
    const harness = await createDeliveryHarness();
    const { id } = await harness.receive(payload, change);
    await harness.settle();
    expect(await harness.delivery(id)).toMatchObject({ state: 'ignored', processing: { reason, attempts: 1 } });
  });

  it('whose body is no data is dead at once', async () => {
    const harness = await createDeliveryHarness();
    const { id } = await harness.receive([], { request: { method: 'POST', headers: {}, contentType: 'text/plain' } });
    await harness.settle();
    const reason = 'The body is plain text, which holds no records.';
    expect(await harness.delivery(id)).toMatchObject({ state: 'dead', processing: { reason, attempts: 1 } });
  });
});

describe('a failure', () => {
  it('of the provider is tried again after as long as it asks, without holding up others', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    harness.fetchFailures.push(new AdapterFailure('rate-limited', 'Too many calls.', { retryAfterMs: 90_000 }));
    const first = await harness.receive([named('p0000')]);
    const second = await harness.receive([carried('b', 'Bor')]);
    await harness.turn();
    expect(await harness.delivery(second.id)).toMatchObject({ state: 'processed' });
    expect(await harness.delivery(first.id)).toMatchObject({
      state: 'failed',
      processing: {
        reason: 'Too many calls.',
        nextAttemptAt: new Date(harness.deps.clock.nowMs() + 90_000).toISOString(),
      },
    });
    await harness.settle();
    expect(historyOf(await harness.delivery(first.id))).toEqual(['1 failed', '2 processed']);
    expect(await namesOf(harness)).toEqual({ b: 'Bor', p0000: 'Person 0' });
  });

  it('that lasts makes it dead, with growing pauses before; new tries begin anew', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    for (let call = 0; call < mostTries; call += 1) {
      harness.fetchFailures.push(new AdapterFailure('unavailable', 'The provider is down.'));
    }
    const { id } = await harness.receive([named('p0000')]);
    await harness.settle();
    const dead = await harness.delivery(id);
    expect(dead).toMatchObject({ state: 'dead', processing: { attempts: mostTries, reason: 'The provider is down.' } });
    const times = dead.processing.history.map(({ startedAt }) => Date.parse(startedAt));
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.slice(0, 4).every((pause, index) => index === 0 || pause > (pauses[index - 1] ?? 0))).toBe(true);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(harness.deps.engine.retryMaxMs + 60_000);
    expect(harness.deps.log.entries.map(({ message }) => message)).toContain('a delivery is dead');
  });

  it('with a rejected credential pauses the connection', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    harness.fetchFailures.push(new AdapterFailure('credentials-rejected', 'The key is not accepted.'));
    await harness.receive([named('p0000')]);
    await harness.turn();
    const { integrationId } = await harness.task();
    const stored = await harness.deps.integrations.get(harness.scope, { id: integrationId });
    expect(stored?.document.connection).toMatchObject({ state: 'failing', problem: 'The key is not accepted.' });
  });
});

describe('hints that something of an object changed', () => {
  it('are answered by one incremental run, however many there are', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 3);
    await harness.run();
    harness.provider.put('p0001', { name: 'New name', city: 'Maribor' });
    for (let copy = 0; copy < 50; copy += 1) await harness.receive([hinted]);
    await harness.settle();
    const runs = await harness.deps.runs.executions.list(harness.scope, { filters: [], order: 'ascending', limit: 10 });
    expect(runs.map(({ document }) => `${document.trigger} ${document.mode} ${document.state}`)).toEqual([
      'manual incremental succeeded',
      'webhook incremental succeeded',
    ]);
    expect((await namesOf(harness))['p0001']).toBe('New name');
    const { id: taskId } = await harness.task();
    for (const { processing } of await harness.deliveries()) {
      expect(processing.result?.pulls).toEqual([{ taskId, object: 'people' }]);
    }
  });

  it('that come while the run reads have one more', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 2);
    await harness.run();
    harness.provider.put('p0000', { name: 'First', city: 'Maribor' });
    await harness.receive([hinted]);
    let later = false;
    harness.provider.onPull = () => {
      if (later) return;
      later = true;
      // Behind the page that is being read.
      void harness.receive([hinted]);
    };
    await harness.settle();
    const runs = await harness.deps.runs.executions.list(harness.scope, { filters: [], order: 'ascending', limit: 10 });
    expect(runs.filter(({ document }) => document.trigger === 'webhook')).toHaveLength(2);
  });

  it('come of an import: many records of one batch are read by one run instead of one by one', async () => {
    const harness = await createDeliveryHarness({ pageSize: 100 });
    fill(harness, 120);
    for (let index = 0; index < 120; index += 1) await harness.receive([named(`p${String(index).padStart(4, '0')}`)]);
    await harness.settle();
    expect(harness.fetched).toEqual([]);
    const runs = await harness.deps.runs.executions.list(harness.scope, { filters: [], order: 'ascending', limit: 10 });
    expect(runs.map(({ document }) => document.trigger)).toEqual(['webhook']);
    expect((await harness.shards()).size).toBe(120);
  });
});

describe('a delivery that is lost', () => {
  it('by the change feed is found by the clock', async () => {
    const harness = await createDeliveryHarness();
    const { id, integrationId } = await harness.receive([carried('a', 'Ana')]);
    harness.feedIsLost = true;
    expect(await harness.turn()).toBe(false);
    await findLeftDeliveries(harness.deps, harness.scope, integrationId);
    await harness.settle();
    expect((await harness.delivery(id)).state).toBe('processed');
    expect(harness.deps.due.all()).toEqual([]);
  });

  it('with its retry message is found by the clock', async () => {
    const harness = await createDeliveryHarness();
    fill(harness, 1);
    harness.fetchFailures.push(new AdapterFailure('unavailable', 'The provider is down.'));
    const { id } = await harness.receive([named('p0000')]);
    await harness.turn();
    harness.deps.clock.advance(3_600_000);
    harness.deps.deliveryQueue.receive()?.complete();
    await harness.settle();
    expect(historyOf(await harness.delivery(id))).toEqual(['1 failed', '2 processed']);
  });

  it('with its worker again and again is dead', async () => {
    const harness = await createDeliveryHarness();
    const { id } = await harness.receive([carried('a', 'Ana')]);
    const lose = async (): Promise<void> => {
      const stored = await harness.deps.deliveries.get(harness.scope, { id });
      if (stored === undefined) throw new Error('gone');
      const { takeDelivery } = await import('../../../../../shared/use-cases/deliveries/hold-delivery.ts');
      expect(await takeDelivery(harness.deps, harness.scope, id)).toBeDefined();
      harness.deps.clock.advance(harness.deps.engine.leaseMs + 1);
    };
    for (let loss = 0; loss <= mostLosses; loss += 1) await lose();
    await harness.deps.deliveryQueue.send({
      kind: 'process-deliveries',
      tenantId: 'acme',
      traceparent: harness.scope.traceparent,
      deliveryIds: [id],
    });
    await harness.settle();
    const delivery = await harness.delivery(id);
    expect(delivery).toMatchObject({ state: 'dead', processing: { reason: 'Whoever worked on it was lost.' } });
    expect((await harness.shards()).size).toBe(0);
  });
});

describe('lanes', () => {
  it('keep those in order that share a record, directly or by others', () => {
    expect(lanesOf(['1', '2', '3', '4', '5', '6'], [['a'], ['b'], [], ['c'], ['b', 'a'], ['c']])).toEqual([
      ['1', '2', '5'],
      ['3'],
      ['4', '6'],
    ]);
  });
});
