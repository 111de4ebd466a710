import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Matcher } from '../../core/identity/compile-match-rules.ts';
import { Groups } from '../../core/identity/group.ts';
import { type Edge, findEdges, shareKeys } from '../../core/identity/match-page.ts';
import { needsPeople } from '../../core/identity/needs-people.ts';
import type { JsonObject } from '../../core/json.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import { planShard } from '../../core/plan-shard.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { closeUnborn } from './close-unborn.ts';
import type { Item, Linked, Stores } from './item.ts';
import { type KeyBoard, leaveDoubtful, readBoard, writeEntries } from './key-board.ts';
import type { LinkedRecords } from './link-records.ts';
import { type Match, mergeMatches } from './merge-matches.ts';
import { createLinks, hasSettledClaims, listClaims } from './open-links.ts';

/**
 * Finds for each record who else has its keys, and so the shard it belongs to; then claims the keys for it. What is claimed has seen every claim
 * before it, so that of two workers with the same person one finds the other.
 *
 * @param made new records that creates of ours have made, with the shards that these were for
 */
export async function matchRecords(
  deps: Stores,
  scope: Scope,
  input: MergeInput,
  matcher: Matcher,
  missing: readonly Item[],
  made: ReadonlyMap<Item, Stored<ShardDocument>>,
  known: readonly Linked[],
): Promise<LinkedRecords> {
  for (const item of missing) item.claims = matcher.claimsOf(item.observation.data);
  const current = known.filter((each) => readClaims(input, matcher, each));
  const isCalm = ({ item, link }: Linked): boolean => hasSettledClaims(matcher, item, link.document);
  const calm = current.filter(isCalm);
  const changed = current.filter((each) => !isCalm(each));
  if (missing.length + changed.length === 0) return { records: calm, mergeMatches: async () => undefined };
  const records = [
    ...missing.map((item) => ({ place: item.observation.linkId, item })),
    ...changed.map(({ shardId, item }) => ({ place: shardId, item })),
  ];
  const board = await readBoard(deps, scope, records);
  const keys = shareKeys(
    records.map(({ place, item }) => ({ place, claims: item.claims })),
    board.others,
  );
  const edges = findEdges(
    matcher,
    [...keys].flatMap(([key, shared]) => (board.isCrowded(key) ? [] : [shared])),
  );
  const dataOf = dataOfPlaces(board, records);
  const isAutomatic = (edge: Edge): boolean =>
    edge.verdict === 'merge' && !needsPeople(matcher.set, dataOf(edge.left), dataOf(edge.right));
  const homes = findHomes(deps, missing, edges.filter(isAutomatic));
  for (const [item, shard] of made) homes.set(item.observation.linkId, shard.document.id);
  const created = await createJoined(deps, scope, input, board, missing, homes, made);
  const listed = await listClaims(deps, scope, changed);
  const ready = [...created, ...listed];
  const lost = withoutItems(records, ready);
  const claimed = await writeEntries(deps, scope, board, leaveDoubtful(board, lost, ready));
  const placeOf = (place: string): string => homes.get(place) ?? place;
  // The home that a lost record would have had is nobody's.
  const nowhere = new Set(lost.map(({ observation }) => observation.linkId));
  const there = edges.filter(({ left, right }) => !nowhere.has(left) && !nowhere.has(right));
  const matches = there.map(
    (edge): Match => ({
      shardIds: [placeOf(edge.left), placeOf(edge.right)],
      isAutomatic: isAutomatic(edge),
      rule: matcher.nameOf(edge.rule),
      score: edge.score,
    }),
  );
  const open = await closeUnborn(deps, scope, input, board, claimed, matches);
  return {
    records: [...calm, ...open],
    mergeMatches: () => mergeMatches(deps, scope, matcher, involving(matches, open)),
  };
}

function withoutItems(records: readonly { readonly item: Item }[], ready: readonly Linked[]): Item[] {
  const items = new Set(ready.map(({ item }) => item));
  return records.flatMap(({ item }) => (items.has(item) ? [] : [item]));
}

/** What the record claims is what its source will show. False for one that is late: it has its outcome. */
function readClaims(input: MergeInput, matcher: Matcher, { item, link, shardId }: Linked): boolean {
  const { linkId } = item.observation;
  const plan = planShard(input, { ...link.document, shardId }, item.observation, item.shard?.document);
  if (plan.kind === 'stale') {
    item.outcome = item.result?.outcome ?? plan.outcome ?? 'skipped';
    return false;
  }
  const source = (plan.kind === 'write' ? plan.document : item.shard?.document)?.sources[linkId];
  item.claims = source === undefined || source.deleted ? [] : matcher.claimsOf(source.externalBase);
  return true;
}

function dataOfPlaces(
  board: KeyBoard,
  records: readonly { readonly place: string; readonly item: Item }[],
): (place: string) => JsonObject {
  const ofRecords = new Map(records.map(({ place, item }) => [place, item.observation.data]));
  return (place) => board.shards.get(place)?.document.data ?? ofRecords.get(place) ?? {};
}

/** The shard of each new record: the oldest of those its group matches, or a new one for all of the group. */
function findHomes(deps: Pick<Stores, 'newId'>, missing: readonly Item[], edges: readonly Edge[]): Map<string, string> {
  const linkIds = new Set(missing.map((item) => item.observation.linkId));
  const groups = new Groups();
  for (const { left, right } of edges) groups.join(left, right);
  const homes = new Map<string, string>();
  for (const group of groups.all()) {
    const home = group.find((place) => !linkIds.has(place)) ?? deps.newId('shard');
    for (const place of group) if (linkIds.has(place)) homes.set(place, home);
  }
  for (const linkId of linkIds) if (!homes.has(linkId)) homes.set(linkId, deps.newId('shard'));
  return homes;
}

/** Links for the new records, with the shards they join. One whose link another worker created takes another pass. */
async function createJoined(
  deps: Stores,
  scope: Scope,
  input: MergeInput,
  board: KeyBoard,
  missing: readonly Item[],
  homes: ReadonlyMap<string, string>,
  made: ReadonlyMap<Item, Stored<ShardDocument>>,
): Promise<Linked[]> {
  const homeOf = (item: Item): string => homes.get(item.observation.linkId) ?? deps.newId('shard');
  const lost = new Set(await createLinks(deps, scope, input, missing, homeOf));
  return missing.flatMap((item) => {
    if (lost.has(item) || item.link === undefined) return [];
    const { shardId } = item.link.document;
    const known = made.get(item);
    item.shard = known?.document.id === shardId ? known : board.shards.get(shardId);
    return [{ item, link: item.link, shardId }];
  });
}

/** Matches of which a record of this pass is one side; the others are found again with their records. */
function involving(matches: readonly Match[], records: readonly Linked[]): Match[] {
  const shardIds = new Set(records.map(({ shardId }) => shardId));
  return matches.filter(({ shardIds: [left, right] }) => shardIds.has(left) || shardIds.has(right));
}
