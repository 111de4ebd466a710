import { type Counts, countOutcome, noCounts } from '../../core/counts.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import type { Observation } from '../../core/observation.ts';
import type { Scope } from '../../core/scope.ts';
import type { PageGuard } from './guard-page.ts';
import { itemOf, type Stores } from './item.ts';
import { linkRecords } from './link-records.ts';
import { readLinks, settleLinks } from './open-links.ts';
import { releaseClaims, releaseStrays } from './release-claims.ts';
import { writeShards } from './write-shards.ts';

/** A pass ends early only when someone else writes the same records; each pass makes progress for someone. */
const maximumPasses = 40;

/**
 * Applies one page set-wise: links first, then shards, then the links settled; a round trip per hundred documents, never per record. With match rules,
 * keys are claimed between links and shards, and what turns out to be one is merged before the links are settled. Safe to
 * repeat after a crash between any two writes: the link decides the shard, and the first outcome of a record in a page stands.
 *
 * @param expectNew the page is likely to hold only new records: links are created without being read first
 * @param keepHold asked before every round of writes; false when another worker has taken the run over
 * @param admit asked with what a pass is about to change, before it does; false when that is to be held
 * @returns outcomes of the observations, which add up to their number; `undefined` when the run was taken over, or the page is held
 * @throws whatever the stores throw; then the page is to be applied again
 */
export async function applyPage(
  deps: Stores,
  scope: Scope,
  input: MergeInput,
  observations: readonly Observation[],
  expectNew: boolean,
  keepHold: () => Promise<boolean>,
  admit?: PageGuard['admit'],
): Promise<Counts | undefined> {
  const items = observations.map(itemOf);
  for (let pass = 0; ; pass += 1) {
    const open = items.filter((item) => item.outcome === undefined);
    if (open.length === 0) break;
    if (pass === maximumPasses)
      throw new Error(`${open.length} records could not be applied: others keep changing them`);
    // Only a link that is there can be deleted, so these are always read.
    await readLinks(deps, scope, pass > 0 || !expectNew ? open : open.filter((item) => item.observation.deleted));
    if (!(await keepHold())) return undefined;
    const linked = await linkRecords(deps, scope, input, open);
    if (!(await keepHold()) || (await admit?.(open, linked.records)) === false) return undefined;
    const placed = await writeShards(deps, scope, input, linked.records);
    if (!(await keepHold())) return undefined;
    await linked.mergeMatches();
    await releaseClaims(deps, scope, placed);
    await settleLinks(deps, scope, input, placed);
  }
  if (input.matcher !== undefined) await releaseStrays(deps, scope, input.matcher, items);
  const counts = noCounts();
  for (const item of items) if (item.outcome !== undefined) countOutcome(counts, item.outcome);
  return counts;
}
