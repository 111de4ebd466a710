import { type Counts, countOutcome, noCounts } from '../../core/counts.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import type { ShardSource } from '../../core/documents/shard.ts';
import type { Matcher } from '../../core/identity/compile-match-rules.ts';
import { type FrozenRules, matcherOf } from '../../core/identity/frozen-rules.ts';
import { isRepeat, type Sighting } from '../../core/observation.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { MergeNeeds } from '../merge-shards/complete-merge.ts';
import { type Reduction, reduceClaims } from './release-claims.ts';
import { readSurvivors } from './write-shards.ts';

/** A record that an interrupted page worked on, with what became of it. */
export interface LeftRecord {
  readonly link: Stored<LinkDocument>;
  /** Absent when its shard does not know it. */
  readonly source: ShardSource | undefined;
}

/** Reads records by their links. A merge that was left on the way is completed: until then its survivor does not know them. */
export async function readRecords(deps: MergeNeeds, scope: Scope, linkIds: readonly string[]): Promise<LeftRecord[]> {
  if (linkIds.length === 0) return [];
  const links = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  const present = links.flatMap((link) => link ?? []);
  const survivors = await readSurvivors(
    deps,
    scope,
    present.map((link) => link.document.shardId),
  );
  return present.map((link) => {
    const shard = survivors.get(link.document.shardId)?.stored?.document;
    return { link, source: shard?.sources[link.document.id] };
  });
}

/** Counts what an interrupted page wrote of these records. */
export function countRecords(records: readonly LeftRecord[], sighting: Sighting): Counts {
  const counts = noCounts();
  for (const { source } of records) {
    if (source !== undefined && isRepeat(source.last, sighting)) countOutcome(counts, source.last.outcome);
  }
  return counts;
}

/**
 * Takes back keys of records that an interrupted page left `pending` and that nobody may look at again: all that their shards do not show. When one
 * of them is seen again, it claims its keys anew.
 */
export async function leaveRecords(
  deps: Pick<Deps, 'links' | 'keys'>,
  scope: Scope,
  rules: FrozenRules,
  records: readonly LeftRecord[],
): Promise<void> {
  const matchers = new Map<string, Matcher | undefined>();
  for (const { link } of records) {
    const { shardTypeId } = link.document;
    if (!matchers.has(shardTypeId)) matchers.set(shardTypeId, matcherOf(rules, shardTypeId));
  }
  const reductions = records.flatMap(({ link, source }): Reduction[] => {
    const { state, claims, shardTypeId } = link.document;
    if (state !== 'pending' || claims === undefined) return [];
    const shows =
      source === undefined || source.deleted ? [] : matchers.get(shardTypeId)?.claimsOf(source.externalBase);
    const shown = new Set(shows?.map(({ key }) => key));
    const keys = claims.keys.filter((key) => shown.has(key));
    return keys.length === claims.keys.length ? [] : [{ link, keys }];
  });
  if (reductions.length > 0) await reduceClaims(deps, scope, reductions);
}
