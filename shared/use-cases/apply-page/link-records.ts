import { type PushIntent, pushLaneId } from '../../core/documents/push-lane.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import { judgeByLink, type Observation } from '../../core/observation.ts';
import type { Scope } from '../../core/scope.ts';
import { knowWritten } from '../../core/two-way/own-writes.ts';
import { findCreated } from './find-created.ts';
import type { Item, Linked, Stores } from './item.ts';
import { matchRecords } from './match-records.ts';
import { createLinks, takeMissing } from './open-links.ts';
import { isStray, readShards } from './write-shards.ts';

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
  const underWay = await readUnderWay(deps, scope, input);
  for (const item of open) item.observation = asWritten(item.observation, underWay);
  const created = await findCreated(deps, scope, input, underWay, open);
  if (input.matcher === undefined) {
    const homeOf = (item: Item) => created.get(item)?.document.id ?? deps.newId('shard');
    const lost = new Set(await createLinks(deps, scope, input, missing, homeOf));
    for (const item of created.keys()) item.fresh = false;
    // Whose record it is, was supposed before another worker's link was known.
    const judged = open.filter((item) => !lost.has(item) || item.observation.pushed === undefined);
    const known = await readShards(deps, scope, judge(judged, input));
    const records = await settleStrays(deps, scope, input, known);
    return { records, mergeMatches: async () => undefined };
  }
  const known = await readShards(deps, scope, judge(open, input));
  return matchRecords(deps, scope, input, input.matcher, missing, created, known);
}

/** The look with what of it is a write under way. What an earlier pass has supposed is supposed anew. */
function asWritten(observation: Observation, underWay: readonly PushIntent[] = []): Observation {
  const { pushed: before, ...rest } = observation;
  const look = before?.supposed === true ? rest : observation;
  const pushed = knowWritten(look, underWay);
  return pushed === undefined ? look : { ...look, pushed };
}

/** What the integration's lane is writing. Read before the shards: what is not there any more, these know. The lane itself knows what came of its writes. */
async function readUnderWay(
  deps: Pick<Stores, 'pushLanes'>,
  scope: Scope,
  { integrationId, twoWay, cause }: MergeInput,
): Promise<readonly PushIntent[] | undefined> {
  if (twoWay === undefined || cause.kind === 'push') return undefined;
  const lane = await deps.pushLanes.get(scope, { id: pushLaneId(integrationId) });
  return lane && (lane.document.batch?.intents ?? []);
}

/** Gives records that cannot join the shard that they were to join one of their own. @returns the others; these take another pass */
async function settleStrays(
  deps: Pick<Stores, 'links' | 'newId'>,
  scope: Scope,
  input: MergeInput,
  known: readonly Linked[],
): Promise<readonly Linked[]> {
  const strays = known.filter(
    (each) => each.item.shard !== undefined && isStray(input, each, each.item.shard.document),
  );
  if (strays.length === 0) return known;
  await deps.links.writeMany(
    scope,
    strays.map(({ link: { document, etag } }) => ({
      kind: 'replace',
      document: { ...document, shardId: deps.newId('shard') },
      etag,
    })),
  );
  return known.filter((each) => !strays.includes(each));
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
