import { idPrefixes } from '../../contracts/identifiers.ts';
import type { ErasureDocument } from '../../core/documents/erasure.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { recordKeyOf } from '../../core/webhooks/delivery-sighting.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';

export type Subject = NonNullable<ErasureDocument['subject']>;

/**
 * All that names a person now: her shard, those that were merged into it, and their records; besides what named her before, since records may have come
 * and gone, and her shard may have been merged into another one. `undefined` when there never was such a shard.
 */
export async function findPerson(
  deps: Pick<Deps, 'shards' | 'links'>,
  scope: Scope,
  shardIds: readonly string[],
  before?: Subject,
): Promise<Subject | undefined> {
  const linkIds = (before?.ids ?? []).filter((id) => !isShardId(id));
  const links = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  // A record that was erased and written once more has a shard of its own.
  const anew = links.flatMap((link) => link?.document.shardId ?? []);
  const ids = new Set([...(before?.ids ?? []), ...shardIds, ...anew]);
  const records = new Map((before?.records ?? []).map((record) => [nameOf(record), record]));
  let isThere = before !== undefined;
  for (const { stored } of (await followForwarding(deps, scope, [...ids].filter(isShardId))).values()) {
    if (stored === undefined) continue;
    isThere = true;
    const { id, absorbed = [], sources } = stored.document;
    for (const each of [id, ...absorbed.map(({ shardId }) => shardId), ...Object.keys(sources)]) ids.add(each);
    for (const { integrationId, object, externalId } of Object.values(sources)) {
      const own = object.split('#')[0] ?? object;
      const record = { integrationId, object: own, externalId, key: recordKeyOf(own, externalId) };
      records.set(nameOf(record), record);
    }
  }
  return isThere ? { kind: 'person', ids: [...ids], records: [...records.values()] } : undefined;
}

/** The same person, by what names her now as well. */
export async function widenSubject(
  deps: Pick<Deps, 'shards' | 'links'>,
  scope: Scope,
  subject: Subject,
): Promise<Subject> {
  if (subject.kind === 'tenant') return subject;
  return (await findPerson(deps, scope, [], subject)) ?? subject;
}

function isShardId(id: string): boolean {
  return id.startsWith(`${idPrefixes.shard}_`);
}

function nameOf({ integrationId, key }: Subject['records'][number]): string {
  return `${integrationId} ${key}`;
}
