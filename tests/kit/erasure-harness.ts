import { createErasure } from '../../shared/use-cases/erasures/create-erasure.ts';
import { exportErasure } from '../../shared/use-cases/erasures/export-erasure.ts';
import { startErasure } from '../../shared/use-cases/erasures/start-erasure.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from './sync-harness.ts';

export const erasedName = 'Zdenka Edinstvena';
export const email = 'zdenka@edinstvena.example';
export const personId = 'z-4711';

/** Twenty people, one of whom is in every kind of document that may tell of a person. */
export async function begin(): Promise<{ harness: SyncHarness; shardId: string }> {
  const harness = await createSyncHarness({ pageSize: 8, task: { mode: 'full' } });
  const { deps, scope } = harness;
  fill(harness, 19);
  harness.provider.put(personId, { name: erasedName, city: email }, longAgo);
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
  const body = await deps.deliveryBodies.put(scope, Buffer.from(JSON.stringify({ name: erasedName, email })));
  const now = deps.now().toISOString();
  const { integrationId } = await harness.task();
  deps.deliveries.plant('acme', {
    id: 'dlv_1',
    tenantId: 'acme',
    integrationId,
    recordKeys: [`people/${personId}`],
    body: { kind: 'blob', name: body, bytes: 1, sha256: body },
  } as never);
  deps.deliveries.plant('acme', { id: 'dlv_2', tenantId: 'acme', recordKeys: ['people/p0001'], body: {} } as never);
  deps.idempotency.plant('acme', {
    id: 'answered',
    tenantId: 'acme',
    kind: 'idempotency',
    body: { id: shard.id, name: erasedName },
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
      data: { name: erasedName },
      traceparent: scope.traceparent,
    } as never,
  });
  return { harness, shardId: shard.id };
}

export const attempt = (harness: SyncHarness) => ({ at: harness.deps.now(), repeated: false });
export const nothing = { query: undefined, body: undefined, ifMatch: undefined };

type Asked = Parameters<typeof createErasure>[2]['body'];

/** Unless told otherwise, a person's records are skipped from then on. */
export async function prepare(
  harness: SyncHarness,
  asked: Exclude<Asked, { of: 'person' }> | { of: 'person'; shardId: string; suppress?: boolean },
): Promise<string> {
  const body: Asked = asked.of === 'person' ? { suppress: true, ...asked } : asked;
  const input = { ...nothing, params: undefined, body, attempt: attempt(harness) };
  return (await createErasure(harness.deps, harness.scope, input)).body.id;
}

export async function start(harness: SyncHarness, erasureId: string): Promise<void> {
  await startErasure(harness.deps, harness.scope, { ...nothing, params: { erasureId }, attempt: attempt(harness) });
}

export async function exported(harness: SyncHarness, erasureId: string): Promise<string> {
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
export function everything({ deps }: SyncHarness, tenantId = 'acme'): string {
  return [...deps.estate.all(tenantId).map((each) => JSON.stringify(each)), ...deps.deliveryBodies.texts()].join(' ');
}
