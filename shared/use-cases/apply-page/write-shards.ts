import { sameValue } from '../../core/canonical.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Json } from '../../core/json.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import { planShard } from '../../core/plan-shard.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { isTaken } from '../../core/two-way/doubtful-creates.ts';
import { completeForwarding, type MergeNeeds } from '../merge-shards/complete-merge.ts';
import { followForwarding, type Survivor } from '../merge-shards/follow-forwarding.ts';
import { putShards, type ShardWrite } from '../put-shards.ts';
import type { Item, Linked, Placed, Stores } from './item.ts';

/** Each round ends a merge that was left; only a broken one is met again and again. */
const mostRounds = 100;

/** Shards at the end of their forwarding, where nothing is still to be taken over on the way: merges that were left are completed. */
export async function readSurvivors(
  deps: MergeNeeds,
  scope: Scope,
  shardIds: readonly string[],
): Promise<Map<string, Survivor>> {
  for (let round = 0; ; round += 1) {
    if (round === mostRounds) throw new Error('A merge is completed and its survivor does not know of it');
    const found = await followForwarding(deps, scope, shardIds);
    let completed = false;
    for (const { stored, tombs } of found.values()) {
      if (await completeForwarding(deps, scope, stored?.document, tombs)) completed = true;
    }
    if (!completed) return found;
  }
}

/** Finds the shards of links. A link whose shard does not know it is read again: its record may just have been given to another shard. */
export async function readShards(
  deps: Stores,
  scope: Scope,
  items: readonly { readonly item: Item; readonly link: Linked['link'] }[],
): Promise<Linked[]> {
  const wanted = items.filter(({ item }) => !item.fresh);
  const survivors = await readSurvivors(
    deps,
    scope,
    wanted.map(({ link }) => link.document.shardId),
  );
  const linked: Linked[] = [];
  const doubtful: Linked[] = [];
  for (const { item, link } of items) {
    const survivor = survivors.get(link.document.shardId);
    item.shard = survivor?.stored;
    const each = { item, link, shardId: survivor?.id ?? link.document.shardId };
    const isUnknown = item.shard !== undefined && item.shard.document.sources[item.observation.linkId] === undefined;
    (isUnknown ? doubtful : linked).push(each);
  }
  if (doubtful.length === 0) return linked;
  const links = await deps.links.getMany(
    scope,
    doubtful.map(({ link }) => ({ id: link.document.id })),
  );
  return [...linked, ...doubtful.filter(({ link }, index) => links[index]?.etag === link.etag)];
}

/** What a page does to one shard: the plans of all its records, one upon the other. */
interface ShardWork {
  readonly placed: Placed[];
  /** As it was read; absent when it is not there yet. */
  before: Stored<ShardDocument> | undefined;
  document: ShardDocument | undefined;
  changed: boolean;
}

/** Writes each shard once, with all records of the page that belong to it. Returns the items whose shard stands as it should; the others take another pass. */
export async function writeShards(
  deps: Pick<Stores, 'shards' | 'journal'>,
  scope: Scope,
  input: MergeInput,
  linked: readonly Linked[],
): Promise<Placed[]> {
  const works = new Map<string, ShardWork>();
  for (const each of linked) {
    const { item, shardId } = each;
    const work = works.get(shardId) ?? {
      placed: [],
      before: undefined,
      document: undefined,
      changed: false,
    };
    if (work.before === undefined && item.shard !== undefined) {
      // Records that propose the shard together may come before one whose shard was read.
      if (work.changed) continue;
      work.before = item.shard;
      work.document = item.shard.document;
    }
    works.set(shardId, work);
    // One record of the page was taken for what a create had made, and so had been another one: that is given a shard of its own.
    if (work.document !== undefined && isStray(input, each, work.document)) continue;
    plan(input, work, each);
  }
  const changed = [...works.values()].filter((work) => work.changed);
  const writes = changed.flatMap(({ before, document }): ShardWrite[] =>
    document === undefined ? [] : [{ before, document: oneRevision(before?.document, document) }],
  );
  const results = await putShards(deps, scope, writes);
  const placed = [...works.values()].flatMap((work) => (work.changed ? [] : work.placed));
  for (const [index, work] of changed.entries()) if (results[index]?.ok) placed.push(...work.placed);
  for (const { item, last } of placed) item.result = last;
  return placed;
}

/** Whether a record was to join a shard as what a create for it had made, and another one was taken for that meanwhile. Match rules may join several. */
export function isStray(
  { matcher }: MergeInput,
  { item: { observation }, link }: Pick<Linked, 'item' | 'link'>,
  shard: ShardDocument,
): boolean {
  const isOpen = link.document.state === 'pending' && shard.sources[observation.linkId] === undefined;
  return isOpen && matcher === undefined && observation.pushed?.kind !== 'create' && isTaken(shard, link.document);
}

/** However many records of the page make something of it, it is one write, and no revision where they lead back to what it was. */
function oneRevision(before: ShardDocument | undefined, planned: ShardDocument): ShardDocument {
  const next = (before?.revision ?? 0) + 1;
  if (planned.revision <= next) return planned;
  const isSame = before?.status === planned.status && sameValue(before.data as Json, planned.data as Json);
  if (before === undefined || !isSame) return { ...planned, revision: next };
  const { cause: _cause, ...rest } = planned;
  const { revision, updatedAt, cause } = before;
  return { ...rest, revision, updatedAt, ...(cause === undefined ? {} : { cause }) };
}

function plan(input: MergeInput, work: ShardWork, { item, link, shardId }: Linked): void {
  const step = planShard(input, { ...link.document, shardId }, item.observation, work.document);
  if (step.kind === 'stale') {
    item.outcome = item.result?.outcome ?? step.outcome ?? 'skipped';
    return;
  }
  const { executionId, page } = input.sighting;
  const last = item.result ?? { executionId, page, outcome: step.outcome };
  work.placed.push({ item, link, shardId, last });
  if (step.kind === 'in-place') return;
  work.document = step.document;
  work.changed = true;
}
