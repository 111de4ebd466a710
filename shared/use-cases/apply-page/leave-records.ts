import type { LinkDocument } from '../../core/documents/link.ts';
import type { ShardSource } from '../../core/documents/shard.ts';
import type { Matcher } from '../../core/identity/compile-match-rules.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { type Reduction, reduceClaims } from './release-claims.ts';

/** A record that an interrupted page worked on, with what became of it. */
export interface LeftRecord {
  readonly link: Stored<LinkDocument>;
  /** Absent when its shard does not know it. */
  readonly source: ShardSource | undefined;
}

/** Reads records by their links. */
export async function readRecords(
  deps: Pick<Deps, 'links' | 'shards'>,
  scope: Scope,
  linkIds: readonly string[],
): Promise<LeftRecord[]> {
  if (linkIds.length === 0) return [];
  const links = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  const present = links.flatMap((link) => link ?? []);
  const survivors = await followForwarding(
    deps,
    scope,
    present.map((link) => link.document.shardId),
  );
  return present.map((link) => {
    const shard = survivors.get(link.document.shardId)?.stored?.document;
    return { link, source: shard?.sources[link.document.id] };
  });
}

/**
 * Takes back keys of records that an interrupted page left `pending` and that nobody may look at again: all that their shards do not show. When one
 * of them is seen again, it claims its keys anew.
 */
export async function leaveRecords(
  deps: Pick<Deps, 'links' | 'keys'>,
  scope: Scope,
  matcher: Matcher | undefined,
  records: readonly LeftRecord[],
): Promise<void> {
  const reductions = records.flatMap(({ link, source }): Reduction[] => {
    const { state, claims } = link.document;
    if (state !== 'pending' || claims === undefined) return [];
    const shown = new Set(
      source === undefined || source.deleted ? [] : matcher?.claimsOf(source.externalBase).map(({ key }) => key),
    );
    const keys = claims.keys.filter((key) => shown.has(key));
    return keys.length === claims.keys.length ? [] : [{ link, keys }];
  });
  if (reductions.length > 0) await reduceClaims(deps, scope, reductions);
}
