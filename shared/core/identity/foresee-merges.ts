import type { ShardDocument } from '../documents/shard.ts';
import type { Matcher } from './compile-match-rules.ts';
import { Groups } from './group.ts';
import { type Edge, findEdges, shareKeys } from './match-page.ts';
import { needsPeople } from './needs-people.ts';

/** Shards that rules would make one, or put to people. */
export interface ForeseenGroup {
  /** Sorted: the first survives. */
  readonly shardIds: readonly string[];
  readonly edges: readonly Edge[];
}

/** What rules would make of existing shards. The order of the shards does not matter. */
export function foreseeMerges(
  matcher: Matcher,
  shards: readonly ShardDocument[],
): { readonly merges: ForeseenGroup[]; readonly reviews: ForeseenGroup[] } {
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const records = shards.flatMap((shard) =>
    Object.values(shard.sources).flatMap((source) =>
      source.deleted ? [] : [{ place: shard.id, claims: matcher.claimsOf(source.externalBase) }],
    ),
  );
  const edges = findEdges(matcher, shareKeys(records, new Map()).values());
  const dataOf = (id: string) => byId.get(id)?.data ?? {};
  const automatic = edges.filter(
    ({ verdict, left, right }) => verdict === 'merge' && !needsPeople(matcher.set, dataOf(left), dataOf(right)),
  );
  const groups = new Groups();
  for (const { left, right } of automatic) groups.join(left, right);
  const merges = groups.all().map((shardIds) => {
    const members = new Set(shardIds);
    return { shardIds, edges: automatic.filter(({ left }) => members.has(left)) };
  });
  const reviews = edges
    .filter((edge) => !automatic.includes(edge) && groups.find(edge.left) !== groups.find(edge.right))
    .map((edge) => ({ shardIds: [edge.left, edge.right], edges: [edge] }))
    .sort((a, b) => ((a.shardIds[0] ?? '') < (b.shardIds[0] ?? '') ? -1 : 1));
  return { merges, reviews };
}
