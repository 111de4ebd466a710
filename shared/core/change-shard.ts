import { apiOrigin } from '../contracts/identifiers.ts';
import { sameValue } from './canonical.ts';
import { definedOnly } from './defined-only.ts';
import type { Cause } from './documents/cause.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import { readPath } from './field-path.ts';
import { leafPaths } from './identity/survivorship.ts';
import { searchText } from './search-text.ts';
import { markPushes, type PushRoute } from './two-way/push-routes.ts';
import { settleHolds } from './two-way/settle-holds.ts';

/** What can be decided of a shard apart from what its sources show. */
export interface ShardChange {
  readonly data?: ShardDocument['data'];
  readonly status?: 'active' | 'deleted' | 'archived';
  /** The sources as they are to be: then they are taken to agree with the change, and it is passed on to none of them. */
  readonly sources?: ShardDocument['sources'];
}

/**
 * The shard with other data or another status, as the next revision; it stays the revision that it is when they are the same. Its sources' bases stay what
 * the sources last showed, unless they are given: so the next look at them undoes nothing, and what they lack is to be pushed. What they hold for people
 * settles itself where the change is what they show.
 *
 * @param routes where the tenant's shards are pushed to
 */
export function changeShard(
  shard: ShardDocument,
  change: ShardChange,
  cause: Cause,
  routes: readonly PushRoute[],
): ShardDocument {
  const { status = shard.status, data = shard.data } = change;
  const { deletion: _deletion, edits: _edits, ...rest } = shard;
  const isSame = status === shard.status && sameValue(data, shard.data);
  const made = isSame ? {} : { revision: shard.revision + 1, cause, updatedAt: cause.at };
  const life = status === shard.status ? pickLife(shard) : decideLife(shard, change, cause);
  // What the change has made the same on both sides waits for nobody any more.
  const settled = isSame ? undefined : settleHolds({ data, status, sources: life.sources ?? shard.sources });
  const sources = change.sources ?? settled;
  return markPushes(
    {
      ...rest,
      ...made,
      ...life,
      ...definedOnly({ sources }),
      ...definedOnly({ edits: noteEdits(shard, data, cause) }),
      status,
      data,
      text: searchText(data),
    },
    routes.filter(({ shardTypeId }) => shardTypeId === shard.shardTypeId),
  );
}

type Life = Partial<Pick<ShardDocument, 'deletion' | 'sources'>>;

function pickLife({ deletion }: ShardDocument): Life {
  return definedOnly({ deletion });
}

/** A deletion holds for all systems. A record that was deleted there is to be created anew, as long as it has not come back by itself; not one that was
 * only said here. */
function decideLife({ sources }: ShardDocument, change: ShardChange, cause: Cause): Life {
  if (change.sources !== undefined) return {};
  if (change.status === 'deleted') return { deletion: { by: cause.id, at: cause.at } };
  if (change.status === 'archived') return {};
  const live = new Set(Object.values(sources).flatMap((source) => (source.deleted ? [] : [placeOf(source)])));
  return {
    sources: Object.fromEntries(
      Object.entries(sources).map(([id, source]) => [
        id,
        source.deleted && source.integrationId !== apiOrigin && !live.has(placeOf(source))
          ? { ...source, recreate: true as const }
          : source,
      ]),
    ),
  };
}

function placeOf({ integrationId, object }: ShardSource): string {
  return `${integrationId} ${object}`;
}

/** Since when each changed field stands, and the objects that it is in: a mapping may own either, and compares it with what another side shows. */
function noteEdits(shard: ShardDocument, data: ShardDocument['data'], { id, at }: Cause): ShardDocument['edits'] {
  const paths = leafPaths([shard.data, data]).filter(
    (path) => !sameValue(readPath(shard.data, path), readPath(data, path)),
  );
  if (paths.length === 0) return shard.edits;
  const keys = paths.flatMap((path) => path.map((_name, index) => path.slice(0, index + 1).join('.')));
  return { ...shard.edits, ...Object.fromEntries(keys.map((key) => [key, { at, by: id }])) };
}
