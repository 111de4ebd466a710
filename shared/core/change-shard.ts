import { sameValue } from './canonical.ts';
import type { Cause } from './documents/cause.ts';
import type { ShardDocument } from './documents/shard.ts';
import { searchText } from './search-text.ts';

/** What can be decided of a shard apart from what its sources show. */
export type ShardChange = Partial<Pick<ShardDocument, 'data' | 'status' | 'sources'>>;

/**
 * The shard with other data or another status, as the next revision; it stays the revision that it is when they are the same. Its sources' bases stay what
 * the sources last showed, unless they are given: so the next look at them undoes nothing.
 */
export function changeShard(shard: ShardDocument, change: ShardChange, cause: Cause): ShardDocument {
  const next = { ...shard, ...change };
  if (next.status === shard.status && sameValue(next.data, shard.data)) return next;
  return { ...next, revision: shard.revision + 1, text: searchText(next.data), cause, updatedAt: cause.at };
}
