import type { ShardDocument } from '../../core/documents/shard.ts';
import { emptyShard, emptyTombstone } from '../../core/identity/absorb-shard.ts';
import { orderPair } from '../../core/identity/merge-identity.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import type { Scope } from '../../core/scope.ts';
import type { Linked, Stores } from './item.ts';
import type { KeyBoard } from './key-board.ts';
import type { Match } from './merge-matches.ts';

/**
 * Of two matching shards that are not both there, one was only proposed. The newer becomes a tombstone before it is written, so that whoever proposed it
 * goes to the older one. An older one that is nobody's of this pass is made, empty, as a place to merge into.
 *
 * @returns the records that stay where they are; those of closed shards take another pass
 */
export async function closeUnborn(
  deps: Pick<Stores, 'shards'>,
  scope: Scope,
  input: MergeInput,
  board: KeyBoard,
  records: readonly Linked[],
  matches: readonly Match[],
): Promise<Linked[]> {
  const shardTypeId = input.matcher?.shardTypeId;
  if (shardTypeId === undefined) return [...records];
  const mine = new Set(records.map(({ shardId }) => shardId));
  const closed = new Map<string, ShardDocument>();
  const wanted = new Map<string, ShardDocument>();
  for (const { shardIds, isAutomatic } of matches) {
    const [older, newer] = orderPair(...shardIds);
    if (!isAutomatic || older === newer || !(mine.has(older) || mine.has(newer))) continue;
    const { tenantId, cause } = input;
    const empty = (id: string) => emptyShard({ id, tenantId, shardTypeId }, cause);
    if (board.shards.get(newer) === undefined) {
      const present = closed.get(newer)?.mergedInto;
      const target = present === undefined || older < present ? older : present;
      closed.set(newer, emptyTombstone(empty(newer), target));
    } else if (board.shards.get(older) === undefined && !mine.has(older)) {
      wanted.set(older, empty(older));
    }
  }
  const documents = [...closed.values(), ...[...wanted.values()].filter(({ id }) => !closed.has(id))];
  await deps.shards.writeMany(
    scope,
    documents.map((document) => ({ kind: 'create', document })),
  );
  return records.filter(({ shardId }) => !closed.has(shardId));
}
