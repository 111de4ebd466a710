import { type Counts, countOutcome, noCounts, type Outcome } from '../core/counts.ts';
import type { LinkDocument } from '../core/documents/link.ts';
import type { ShardDocument } from '../core/documents/shard.ts';
import { type MergeInput, planShard } from '../core/merge-source.ts';
import { isRepeat, judgeByLink, type Observation, observedAs, type Sighting } from '../core/observation.ts';
import type { Deps, Stored, Write } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

type Stores = Pick<Deps, 'links' | 'shards' | 'newId'>;

/** One observation on its way through the page. */
interface Item {
  readonly observation: Observation;
  link: Stored<LinkDocument> | undefined;
  /** The link was created in this pass, so its shard cannot be there yet. */
  fresh: boolean;
  shard: Stored<ShardDocument> | undefined;
  /** What the shard write came to; stands even when settling the link takes another pass. */
  result: LinkDocument['last'] | undefined;
  outcome: Outcome | undefined;
}

/** A pass ends early only when someone else writes the same records; each pass makes progress for someone. */
const maximumPasses = 12;

/**
 * Applies one page set-wise: links first, then shards, then the links settled; a round trip per hundred documents, never per record. Safe to
 * repeat after a crash between any two writes: the link decides the shard, and the first outcome of a record in a page stands.
 *
 * @param expectNew the page is likely to hold only new records: links are created without being read first
 * @param keepHold asked before every round of writes; false when another worker has taken the run over
 * @returns outcomes of the observations, which add up to their number; `undefined` when the run was taken over
 * @throws whatever the stores throw; then the page is to be applied again
 */
export async function applyPage(
  deps: Stores,
  scope: Scope,
  input: MergeInput,
  observations: readonly Observation[],
  expectNew: boolean,
  keepHold: () => Promise<boolean>,
): Promise<Counts | undefined> {
  const items: Item[] = observations.map((observation) => ({
    observation,
    link: undefined,
    fresh: false,
    shard: undefined,
    result: undefined,
    outcome: undefined,
  }));
  for (let pass = 0; ; pass += 1) {
    const open = items.filter((item) => item.outcome === undefined);
    if (open.length === 0) break;
    if (pass === maximumPasses)
      throw new Error(`${open.length} records could not be applied: others keep changing them`);
    // Only a link that is there can be deleted, so these are always read.
    await readLinks(deps, scope, pass > 0 || !expectNew ? open : open.filter((item) => item.observation.deleted));
    if (!(await keepHold())) return undefined;
    await createLinks(deps, scope, input, open);
    const toWrite = judge(open, input);
    await readShards(deps, scope, toWrite);
    if (!(await keepHold())) return undefined;
    const placed = await writeShards(deps, scope, input, toWrite);
    if (!(await keepHold())) return undefined;
    await settleLinks(deps, scope, input, placed);
  }
  const counts = noCounts();
  for (const item of items) if (item.outcome !== undefined) countOutcome(counts, item.outcome);
  return counts;
}

/**
 * Counts what an interrupted attempt of this page wrote for records that the page no longer shows: they were received, and nobody else
 * will count them.
 */
export async function countLeftBehind(
  deps: Pick<Deps, 'links' | 'shards'>,
  scope: Scope,
  sighting: Sighting,
  linkIds: readonly string[],
): Promise<Counts> {
  const counts = noCounts();
  if (linkIds.length === 0) return counts;
  const stored = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  const links = stored.flatMap((link) => link?.document ?? []);
  const shards = await deps.shards.getMany(
    scope,
    links.map((link) => ({ id: link.shardId })),
  );
  for (const [index, link] of links.entries()) {
    const last = shards[index]?.document.sources[link.id]?.last;
    if (last !== undefined && isRepeat(last, sighting)) countOutcome(counts, last.outcome);
  }
  return counts;
}

async function readLinks(deps: Stores, scope: Scope, items: readonly Item[]): Promise<void> {
  if (items.length === 0) return;
  const links = await deps.links.getMany(
    scope,
    items.map((item) => ({ id: item.observation.linkId })),
  );
  for (const [index, item] of items.entries()) {
    item.link = links[index];
    item.fresh = false;
    item.shard = undefined;
  }
}

/** Creates the missing links, `pending`, each proposing a new shard. Who loses the creation goes on with the winner's link. */
async function createLinks(deps: Stores, scope: Scope, input: MergeInput, items: readonly Item[]): Promise<void> {
  const missing = items.filter((item) => item.link === undefined);
  for (const item of missing) if (item.observation.deleted) item.outcome = 'skipped';
  const wanted = missing.filter((item) => item.outcome === undefined);
  const proposals = wanted.map((item) => proposeLink(deps, input, item.observation));
  const results = await deps.links.writeMany(
    scope,
    proposals.map((document) => ({ kind: 'create', document })),
  );
  const lost: Item[] = [];
  for (const [index, item] of wanted.entries()) {
    const result = results[index];
    const document = proposals[index];
    if (result?.ok && document !== undefined) {
      item.link = { document, etag: result.etag };
      item.fresh = true;
    } else {
      lost.push(item);
    }
  }
  await readLinks(deps, scope, lost);
}

function proposeLink(deps: Stores, input: MergeInput, observation: Observation): LinkDocument {
  return {
    id: observation.linkId,
    tenantId: input.tenantId,
    schemaVersion: 1,
    integrationId: input.integrationId,
    object: observation.feed.object,
    externalId: observation.externalId,
    shardTypeId: observation.feed.shardTypeId,
    shardId: deps.newId('shard'),
    state: 'pending',
    observed: observedAs(observation, input.sighting),
  };
}

/** An item whose shard must be looked at. */
interface Linked {
  readonly item: Item;
  readonly link: Stored<LinkDocument>;
}

/** Gives the items the outcome that the link alone decides; returns the others. */
function judge(items: readonly Item[], input: MergeInput): Linked[] {
  const toCompare: Linked[] = [];
  for (const item of items) {
    if (item.link === undefined) continue;
    const verdict = judgeByLink(item.link.document, item.observation, input.sighting);
    if (verdict === 'compare-shard') toCompare.push({ item, link: item.link });
    else if (item.result !== undefined) item.outcome = item.result.outcome;
    else item.outcome = verdict === 'stale' ? 'skipped' : verdict;
  }
  return toCompare;
}

async function readShards(deps: Stores, scope: Scope, linked: readonly Linked[]): Promise<void> {
  const wanted = linked.filter(({ item }) => !item.fresh);
  const shards = await deps.shards.getMany(
    scope,
    wanted.map(({ link }) => ({ id: link.document.shardId })),
  );
  for (const [index, { item }] of wanted.entries()) item.shard = shards[index];
}

/** An item whose shard stands as it should, with the outcome to be kept on the link. */
interface Placed extends Linked {
  readonly last: NonNullable<LinkDocument['last']>;
}

/** Returns the items whose shard stands as it should; the others take another pass. */
async function writeShards(
  deps: Stores,
  scope: Scope,
  input: MergeInput,
  linked: readonly Linked[],
): Promise<Placed[]> {
  const placed: Placed[] = [];
  const attempted: Placed[] = [];
  const writes: Write<ShardDocument>[] = [];
  for (const { item, link } of linked) {
    const plan = planShard(input, link.document, item.observation, item.shard?.document);
    if (plan.kind === 'stale') {
      item.outcome = item.result?.outcome ?? plan.outcome ?? 'skipped';
      continue;
    }
    const { executionId, page } = input.sighting;
    const last = item.result ?? { executionId, page, outcome: plan.outcome };
    if (plan.kind === 'in-place') {
      placed.push({ item, link, last });
      continue;
    }
    attempted.push({ item, link, last });
    writes.push(
      item.shard === undefined
        ? { kind: 'create', document: plan.document }
        : { kind: 'replace', document: plan.document, etag: item.shard.etag },
    );
  }
  const results = await deps.shards.writeMany(scope, writes);
  for (const [index, entry] of attempted.entries()) if (results[index]?.ok) placed.push(entry);
  for (const { item, last } of placed) item.result = last;
  return placed;
}

/** The last write of a record. A link that someone else moved meanwhile is judged again in the next pass. */
async function settleLinks(deps: Stores, scope: Scope, input: MergeInput, placed: readonly Placed[]): Promise<void> {
  const results = await deps.links.writeMany(
    scope,
    placed.map(({ item, link, last }) => ({
      kind: 'replace',
      etag: link.etag,
      document: settledLink(input, link.document, item.observation, last),
    })),
  );
  for (const [index, { item, last }] of placed.entries()) if (results[index]?.ok) item.outcome = last.outcome;
}

function settledLink(
  input: MergeInput,
  link: LinkDocument,
  observation: Observation,
  last: NonNullable<LinkDocument['last']>,
): LinkDocument {
  const version = observation.version ?? link.version;
  return {
    ...link,
    state: 'settled',
    hash: observation.hash,
    ...(version === undefined ? {} : { version }),
    observed: observedAs(observation, input.sighting),
    last,
  };
}
