import type { z } from 'zod';
import { apiOrigin } from '../contracts/identifiers.ts';
import type { shard } from '../contracts/shards.ts';
import type { ShardDocument } from './documents/shard.ts';

/** A stored shard as the API shows it: where it comes from, but not the bases that syncing compares with. */
export function describeShard(document: ShardDocument): z.infer<typeof shard> {
  if (document.status === 'merged') throw new TypeError(`${document.id} is a tombstone: its survivor is shown instead`);
  return {
    id: document.id,
    shardTypeId: document.shardTypeId,
    status: document.status,
    revision: document.revision,
    data: document.data,
    sources: Object.values(document.sources)
      .filter(({ integrationId }) => integrationId !== apiOrigin)
      .map(({ integrationId, object, externalId }) => ({ integrationId, object, externalId })),
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  };
}
