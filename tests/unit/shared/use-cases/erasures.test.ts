import { describe, expect, it } from 'vitest';
import { credentialSecretName } from '../../../../shared/core/credential.ts';
import { createErasure } from '../../../../shared/use-cases/erasures/create-erasure.ts';
import { exportErasure } from '../../../../shared/use-cases/erasures/export-erasure.ts';
import { getErasure } from '../../../../shared/use-cases/erasures/get-erasure.ts';
import { startErasure } from '../../../../shared/use-cases/erasures/start-erasure.ts';
import { refusal } from '../../../kit/person.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';

const name = 'Zdenka Edinstvena';
const email = 'zdenka@edinstvena.example';
const personId = 'z-4711';

/** Twenty people, one of whom is in every kind of document that may tell of a person. */
async function begin(): Promise<{ harness: SyncHarness; shardId: string }> {
  const harness = await createSyncHarness({ pageSize: 8, task: { mode: 'full' } });
  const { deps, scope } = harness;
  fill(harness, 19);
  harness.provider.put(personId, { name, city: email }, longAgo);
  await harness.run();
  const shard = (await harness.shards()).get(personId);
  if (shard === undefined) throw new Error('She is not there');
  // She is set aside once, with her record; and in the sample of a hold.
  harness.provider.put(personId, { name: '', city: email });
  await harness.run();
  deps.clock.advance(1000);
  for (let index = 0; index < 19; index += 1) harness.provider.forget(`p${String(index).padStart(4, '0')}`);
  harness.provider.forget(personId);
  await harness.run();
  const body = await deps.deliveryBodies.put(scope, Buffer.from(JSON.stringify({ name, email })));
  const now = deps.now().toISOString();
  deps.deliveries.plant('acme', {
    id: 'dlv_1',
    tenantId: 'acme',
    recordKeys: [`people/${personId}`],
    body: { kind: 'blob', name: body, bytes: 1, sha256: body },
  } as never);
  deps.deliveries.plant('acme', { id: 'dlv_2', tenantId: 'acme', recordKeys: ['people/p0001'], body: {} } as never);
  deps.idempotency.plant('acme', {
    id: 'answered',
    tenantId: 'acme',
    kind: 'idempotency',
    body: { id: shard.id, name },
  } as never);
  await deps.events.write(scope, {
    kind: 'create',
    document: {
      id: deps.newId('event'),
      tenantId: 'acme',
      schemaVersion: 1,
      type: 'shard.updated',
      at: now,
      subject: shard.id,
      data: { name },
      traceparent: scope.traceparent,
    } as never,
  });
  return { harness, shardId: shard.id };
}

const attempt = (harness: SyncHarness) => ({ at: harness.deps.now(), repeated: false });
const nothing = { query: undefined, body: undefined, ifMatch: undefined };

async function prepare(harness: SyncHarness, body: Parameters<typeof createErasure>[2]['body']): Promise<string> {
  const input = { ...nothing, params: undefined, body, attempt: attempt(harness) };
  return (await createErasure(harness.deps, harness.scope, input)).body.id;
}

async function start(harness: SyncHarness, erasureId: string): Promise<void> {
  await startErasure(harness.deps, harness.scope, { ...nothing, params: { erasureId }, attempt: attempt(harness) });
}

async function exported(harness: SyncHarness, erasureId: string): Promise<string> {
  let text = '';
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const query = cursor === '' ? {} : { cursor };
    const input = { ...nothing, query, params: { erasureId }, attempt: attempt(harness) };
    const { body } = await exportErasure(harness.deps, harness.scope, input);
    text += JSON.stringify(body.items);
    cursor = body.nextCursor;
  }
  return text;
}

/** All that is kept anywhere, as text. */
function everything({ deps }: SyncHarness, tenantId = 'acme'): string {
  return [...deps.estate.all(tenantId).map((each) => JSON.stringify(each)), ...deps.deliveryBodies.texts()].join(' ');
}

function expectNoTrace(harness: SyncHarness, shardId: string, where = ''): void {
  const text = everything(harness);
  for (const trace of [name, email, personId, shardId]) expect(text, `${where} ${trace}`).not.toContain(trace);
}

describe('the erasure of a person', () => {
  it('leaves no trace of her in any container or Blob, and everything of the others', async () => {
    const { harness, shardId } = await begin();
    const before = everything(harness);
    for (const trace of [name, email, personId, shardId]) expect(before).toContain(trace);
    const others = (await harness.shards()).size - 1;
    const id = await prepare(harness, { of: 'person', shardId });
    const text = await exported(harness, id);
    for (const trace of [name, email, personId, shardId]) expect(text).toContain(trace);
    expect(text).not.toContain('Person 7');
    await start(harness, id);
    await harness.settle();
    expectNoTrace(harness, shardId);
    expect((await harness.shards()).size).toBe(others);
    expect((await harness.links()).length).toBe(others);
    expect(harness.deps.holds.all()).toMatchObject([{ state: 'open' }]);
    expect(harness.deps.estate.all('acme').some(({ body }) => body['id'] === 'dlv_2')).toBe(true);
    const done = await getErasure(harness.deps, harness.scope, {
      ...nothing,
      params: { erasureId: id },
      attempt: attempt(harness),
    });
    expect(done.body).toMatchObject({
      state: 'done',
      erased: { shards: 1, links: 1, deliveries: 1, events: 1, transient: 1 },
    });
    expect(harness.deps.audit.all().map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
      ['erasure.prepared', id, 'person'],
      ['erasure.started', id, 'person'],
      ['erasure.done', id, 'person'],
    ]);
    expect(await refusal(exported(harness, id))).toBe('wrong-state');
  });

  it.each(['before', 'after'] as const)(
    'goes to its end whatever step it crashes at (%s it took)',
    async (moment) => {
      const first = await begin();
      const before = first.harness.deps.faults.steps;
      await start(first.harness, await prepare(first.harness, { of: 'person', shardId: first.shardId }));
      await first.harness.settle();
      const steps = first.harness.deps.faults.steps - before;
      // The first three prepare and begin it: a person sees them fail.
      for (let step = 6; step <= steps; step += 3) {
        const { harness, shardId } = await begin();
        const id = await prepare(harness, { of: 'person', shardId });
        await start(harness, id);
        harness.deps.faults.crashAt(step - 5, moment);
        await harness.settle();
        expectNoTrace(harness, shardId, `step ${step}`);
        expect(harness.deps.erasures.all(), `step ${step}`).toMatchObject([{ state: 'done' }]);
      }
    },
    60_000,
  );
});

describe('the erasure of a tenant', () => {
  it('takes everything but the word that it was done, and nothing of another tenant', async () => {
    const { harness } = await begin();
    const { deps, scope } = harness;
    const { integrationId } = await harness.task();
    const version = await deps.secrets.put(scope, credentialSecretName(integrationId), 'secret');
    deps.shards.plant('other', { id: 'shd_other', tenantId: 'other', data: { name } } as never);
    expect(await refusal(prepare(harness, { of: 'tenant', confirm: 'other' }))).toBe('invalid-request');
    const id = await prepare(harness, { of: 'tenant', confirm: 'acme' });
    expect(await exported(harness, id)).toContain('Person 7');
    await start(harness, id);
    await harness.settle();
    const left = deps.estate.all('acme').map(({ container, body }) => [container, body['kind'] ?? body['action']]);
    expect(left.sort()).toEqual([
      ['audit', 'erasure.done'],
      ['reviews', 'erasure'],
    ]);
    expect(deps.deliveryBodies.texts()).toEqual([]);
    await expect(deps.secrets.get(scope, credentialSecretName(integrationId), version)).rejects.toThrow();
    expect(everything(harness, 'other')).toContain('shd_other');
  });
});
