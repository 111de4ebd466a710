import { CosmosClient, type ItemDefinition } from '@azure/cosmos';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import { pollUntil } from '../kit/poll-until.ts';
import type { App, Tenant } from './start-app.ts';

/** Since when what is held here has been. */
export const heldSince = '2026-01-01T00:00:00.000Z';

/**
 * Has a shard hold fields, as an edit here and one at the provider would have left it. The change feed of the real host notes that; the id of the
 * conflict that comes of it.
 */
export async function holdFields(
  app: App,
  { tenantId, admin }: Pick<Tenant, 'tenantId' | 'admin'>,
  shardId: string,
  ours: Readonly<Record<string, string>>,
): Promise<string> {
  const client = new CosmosClient({ endpoint: app.twin.cosmos.endpoint, key: app.twin.cosmos.key });
  const item = client.database('castiel').container('shards').item(shardId, [tenantId, shardId]);
  const { resource } = await item.read<ShardDocument & ItemDefinition>();
  const [linkId = '', source] = Object.entries(resource?.sources ?? {})[0] ?? [];
  if (resource === undefined || source === undefined) throw new Error(`${shardId} has no source`);
  const conflictId = `conflict_${linkId.slice(0, 22)}`;
  const names = Object.keys(ours);
  const fields = Object.fromEntries(names.map((field) => [field, { externalBase: 'Base', internalBase: 'Base' }]));
  const theirs = Object.fromEntries(names.map((field) => [field, `Theirs of ${field}`]));
  const held = { conflictId, since: heldSince, fields };
  await item.replace({
    ...resource,
    data: { ...resource.data, ...ours },
    sources: { [linkId]: { ...source, externalBase: { ...source.externalBase, ...theirs }, held } },
  });
  client.dispose();
  await pollUntil('A conflict', async () => {
    const { status } = await admin.send('getConflict', { params: { conflictId } });
    return status === 200 ? true : undefined;
  });
  return conflictId;
}

/** A conflict of a tenant that has contacts, and a decision about it that was begun for many; the ids of both. */
export async function holdAndResolve(app: App, tenant: Tenant): Promise<{ conflictId: string; resolutionId: string }> {
  const { admin } = tenant;
  const [begun] = (await admin.call('listConflictResolutions')).items;
  const [known] = (await admin.call('listConflicts', { query: { state: 'resolved' } })).items;
  if (begun !== undefined && known !== undefined) {
    return { conflictId: String(known['id']), resolutionId: String(begun['id']) };
  }
  const [contact] = (await admin.call('listShards', { query: { type: 'contact', limit: 1 } })).items;
  const conflictId = await holdFields(app, tenant, String(contact?.['id']), { jobTitle: 'Ours' });
  const resolution = await admin.call('resolveConflicts', { body: { ids: [conflictId], take: 'ours' } });
  await pollUntil('A decided conflict', async () => {
    const { json } = await admin.call('getConflict', { params: { conflictId } });
    return json['state'] === 'resolved' ? true : undefined;
  });
  return { conflictId, resolutionId: resolution.text('id') };
}
