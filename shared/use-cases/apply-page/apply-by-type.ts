import { addCounts, type Counts, noCounts } from '../../core/counts.ts';
import type { Matcher } from '../../core/identity/compile-match-rules.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import type { Observation } from '../../core/observation.ts';
import type { Scope } from '../../core/scope.ts';
import { applyPage } from './apply-page.ts';
import type { PageGuard } from './guard-page.ts';
import type { Stores } from './item.ts';

/**
 * Applies a page whose records may feed several shard types, one type after the other: each has match rules of its own, and shards of different types
 * are never one. Parameters and result as of `applyPage`.
 */
export async function applyByType(
  deps: Stores,
  scope: Scope,
  input: Omit<MergeInput, 'matcher'>,
  matchers: ReadonlyMap<string, Matcher>,
  observations: readonly Observation[],
  expectNew: boolean,
  keepHold: () => Promise<boolean>,
  admit?: PageGuard['admit'],
): Promise<Counts | undefined> {
  const byType = Map.groupBy(observations, ({ feed }) => feed.shardTypeId);
  let counts = noCounts();
  for (const [shardTypeId, own] of byType) {
    const matcher = matchers.get(shardTypeId);
    const applied = await applyPage(deps, scope, { ...input, matcher }, own, expectNew, keepHold, admit);
    if (applied === undefined) return undefined;
    counts = addCounts(counts, applied);
  }
  return counts;
}
