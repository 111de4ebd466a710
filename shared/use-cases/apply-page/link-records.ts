import type { MergeInput } from '../../core/merge-source.ts';
import { judgeByLink } from '../../core/observation.ts';
import type { Scope } from '../../core/scope.ts';
import { findCreated } from './find-created.ts';
import type { Item, Linked, Stores } from './item.ts';
import { matchRecords } from './match-records.ts';
import { createLinks, takeMissing } from './open-links.ts';
import { readShards } from './write-shards.ts';

/** The records of a pass whose shards are to be written, and what is to be done once they are. */
export interface LinkedRecords {
  readonly records: readonly Linked[];
  /** Merges shards that turned out to be one, and puts to people what may be. */
  mergeMatches(): Promise<void>;
}

/** Finds or makes the shard of each record. Those that are missing from the answer have their outcome already, or take another pass. */
export async function linkRecords(
  deps: Stores,
  scope: Scope,
  input: MergeInput,
  open: readonly Item[],
): Promise<LinkedRecords> {
  const missing = takeMissing(open);
  const created = await findCreated(deps, scope, input, missing);
  if (input.matcher === undefined) {
    await createLinks(deps, scope, input, missing, (item) => created.get(item)?.document.id ?? deps.newId('shard'));
    for (const item of created.keys()) item.fresh = false;
    const records = await readShards(deps, scope, judge(open, input));
    return { records, mergeMatches: async () => undefined };
  }
  const known = await readShards(deps, scope, judge(open, input));
  return matchRecords(deps, scope, input, input.matcher, missing, created, known);
}

/** Gives the items the outcome that the link alone decides; returns the others that have a link. */
function judge(items: readonly Item[], input: MergeInput): Pick<Linked, 'item' | 'link'>[] {
  const toCompare: Pick<Linked, 'item' | 'link'>[] = [];
  for (const item of items) {
    if (item.link === undefined) continue;
    const verdict = judgeByLink(item.link.document, item.observation, input.sighting);
    if (verdict === 'compare-shard') toCompare.push({ item, link: item.link });
    else if (item.result !== undefined) item.outcome = item.result.outcome;
    else item.outcome = verdict === 'stale' ? 'skipped' : verdict;
  }
  return toCompare;
}
