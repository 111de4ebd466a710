import { sameValue } from '../canonical.ts';
import type { Cause } from '../documents/cause.ts';
import type { LinkAssignment } from '../documents/merge.ts';
import type { ShardDocument } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { JsonObject } from '../json.ts';
import { searchText } from '../search-text.ts';
import { statusOf } from './absorb-shard.ts';
import type { Matcher } from './compile-match-rules.ts';
import { externalValue, leafPaths, mergeSources, type Sources, type StrategyOf, setPath } from './survivorship.ts';

/** Both sides of a merge as they were, and the survivor as it is. */
export interface MergeSides {
  readonly survivor: ShardDocument;
  readonly loser: ShardDocument;
  readonly now: ShardDocument;
}

/**
 * Who gets which record when a merge is undone: what each side had before; of those acquired since, what was asked for, then the side that more of its
 * records match, then the survivor.
 */
export function assignLinks(
  { survivor, loser, now }: MergeSides,
  matcher: Matcher | undefined,
  asked: Readonly<Record<string, 'survivor' | 'restored'>>,
): LinkAssignment[] {
  return Object.keys(now.sources)
    .sort()
    .flatMap((linkId) => {
      const source = now.sources[linkId];
      if (source === undefined) return [];
      const { integrationId, object, externalId } = source;
      const assignment = decide(linkId, source, { survivor, loser, now }, matcher, asked[linkId]);
      return [{ linkId, integrationId, object, externalId, ...assignment }];
    });
}

function decide(
  linkId: string,
  source: Sources[string],
  sides: MergeSides,
  matcher: Matcher | undefined,
  asked: 'survivor' | 'restored' | undefined,
): Pick<LinkAssignment, 'to' | 'why'> {
  if (sides.loser.sources[linkId] !== undefined) return { to: 'restored', why: 'before-merge' };
  if (sides.survivor.sources[linkId] !== undefined) return { to: 'survivor', why: 'before-merge' };
  if (asked !== undefined) return { to: asked, why: 'asked' };
  if (matcher === undefined) return { to: 'survivor', why: 'default' };
  const survivors = bestMatch(matcher, source, sides.survivor.sources);
  const losers = bestMatch(matcher, source, sides.loser.sources);
  if (survivors === losers) return { to: 'survivor', why: 'default' };
  return { to: losers > survivors ? 'restored' : 'survivor', why: 'matches' };
}

/** How alike a record is to the one of these that it is most alike to, over all rules. */
function bestMatch(matcher: Matcher, source: Sources[string], others: Sources): number {
  const mine = matcher.claimsOf(source.externalBase as JsonObject);
  let best = 0;
  for (const other of Object.values(others)) {
    for (const theirs of matcher.claimsOf(other.externalBase as JsonObject)) {
      for (const claim of mine) {
        if (claim.key !== theirs.key) continue;
        const { verdict, score } = matcher.judge(claim.rule, claim.form, theirs.form);
        if (verdict !== 'none') best = Math.max(best, score);
      }
    }
  }
  return best;
}

/** The loser as it was, with the records it gets as they are now. */
export function restoreShard(
  { loser, now }: MergeSides,
  tomb: ShardDocument,
  moved: Sources,
  strategies: StrategyOf,
  cause: Cause,
): ShardDocument {
  const data = replay(loser, moved, strategies);
  return {
    ...loser,
    status: statusOf(moved, loser.status === 'deleted'),
    revision: Math.max(tomb.revision, now.revision) + 1,
    data,
    text: searchText(data),
    sources: moved,
    cause,
    updatedAt: cause.at,
  };
}

/**
 * The survivor without the records that go; what was edited here since the merge stays with it. Should it have been merged away meanwhile, then the
 * shard that took it over.
 */
export function releaseSources(sides: MergeSides, kept: Sources, strategies: StrategyOf, cause: Cause): ShardDocument {
  const { survivor, loser, now } = sides;
  const data = now.id === survivor.id ? dataOfSurvivor(sides, kept, strategies) : dataWithout(now, kept, strategies);
  const gone = new Set([loser.id, ...(loser.absorbed ?? []).map(({ shardId }) => shardId)]);
  const { absorbed: before = [], pushProblems = {}, ...rest } = now;
  // What may have been created for the other one goes with it.
  const problems = Object.entries(pushProblems).filter(
    ([key]) => loser.pushProblems?.[key] === undefined || survivor.pushProblems?.[key] !== undefined,
  );
  const absorbed = before.filter(({ shardId }) => !gone.has(shardId));
  return {
    ...rest,
    status: statusOf(kept, survivor.status === 'deleted'),
    revision: now.revision + 1,
    data,
    text: searchText(data),
    sources: kept,
    ...(absorbed.length === 0 ? {} : { absorbed }),
    ...(problems.length === 0 ? {} : { pushProblems: Object.fromEntries(problems) }),
    cause,
    updatedAt: cause.at,
  };
}

function dataOfSurvivor({ survivor, loser, now }: MergeSides, kept: Sources, strategies: StrategyOf): JsonObject {
  const data = replay(survivor, kept, strategies);
  for (const path of leafPaths([now.data])) {
    const value = readPath(now.data, path);
    const explained = [
      externalValue(now.sources, path, strategies(path)),
      readPath(survivor.data, path),
      readPath(loser.data, path),
    ];
    if (!explained.some((each) => sameValue(each, value))) setPath(data, path, value);
  }
  return data;
}

function dataWithout(now: ShardDocument, kept: Sources, strategies: StrategyOf): JsonObject {
  const bases = Object.values(now.sources).map((source) => source.externalBase);
  return mergeSources(now.data, now.sources, kept, leafPaths(bases), strategies);
}

/** A shard as it was, with what its sources changed since. */
function replay(before: ShardDocument, sources: Sources, strategies: StrategyOf): JsonObject {
  const bases = [...Object.values(before.sources), ...Object.values(sources)].map((source) => source.externalBase);
  return mergeSources(before.data, before.sources, sources, leafPaths(bases), strategies);
}
