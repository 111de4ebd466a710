import { defaultHoldThresholds } from '../../contracts/tasks.ts';
import type { Tally } from '../../core/documents/comparison.ts';
import type { PlannedObject } from '../../core/documents/conversion.ts';
import { type ExecutionDocument, runIdOf } from '../../core/documents/execution.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import {
  addToTally,
  type Excess,
  emptyTally,
  excessesOf,
  type FieldChange,
  overwrittenBy,
  valueName,
} from '../../core/guard-changes.ts';
import { holdIdOf, signatureOf } from '../../core/hold-identity.ts';
import type { Json } from '../../core/json.ts';
import { isOlder, type Sighting } from '../../core/observation.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { watermarkKey } from '../../core/watermark.ts';
import { findRejection } from '../holds/known-holds.ts';
import type { Item, Linked } from './item.ts';

/** What was stopped, for people to decide about. */
export type Held = Pick<HoldDocument, 'action' | 'signature' | 'reason' | 'sample'>;

/** Looks at what a page is about to do to shards that were there, before it does so. */
export interface PageGuard {
  /** False when it is to be held; then `held` says what. */
  admit(open: readonly Item[], linked: readonly Linked[]): Promise<boolean>;
  /** What the run changes so far, this page included. */
  readonly tallies: Record<string, Tally>;
  readonly held: Held | undefined;
}

const sampleSize = 10;

/** A guard for one page of a run. What people have approved for the run passes. */
export function guardPage(
  deps: Pick<Deps, 'holds' | 'holdRejections'>,
  scope: Scope,
  execution: ExecutionDocument,
  planned: PlannedObject,
  sighting: Sighting,
): PageGuard {
  const tallies: Record<string, Tally> = { ...execution.tallies };
  const counted = new Set<string>();
  let held: Held | undefined;

  const admitFeed = async (key: string, open: readonly Item[], linked: readonly Linked[]): Promise<boolean> => {
    const fresh = open.filter((item) => !counted.has(item.observation.linkId));
    const changed = linked.filter(({ item }) => !counted.has(item.observation.linkId)).map(changeOf(sighting));
    for (const item of fresh) counted.add(item.observation.linkId);
    const tally = addToTally(tallies[key] ?? emptyTally, {
      met: fresh.filter(wasHere).length,
      deleted: changed.filter(({ isDeleted }) => isDeleted).length,
      changes: changed.flatMap(({ changes }) => changes),
    });
    tallies[key] = tally;
    const [feed = '', shardTypeId = ''] = key.split(' ');
    const progress = execution.progress[execution.checkpoint.objectIndex];
    const known = execution.plan.known?.[watermarkKey(planned, execution.plan)];
    const holds = execution.plan.holds ?? defaultHoldThresholds;
    for (const excess of excessesOf(tally, holds, { known, expected: progress?.expected })) {
      const what = describeExcess(execution, planned, { feed, shardTypeId }, excess, changed);
      if (excess.again && (await findRejection(deps, scope, what.signature)) === undefined) continue;
      const hold = await deps.holds.get(scope, { id: holdIdOf(runIdOf(execution), what.signature) });
      if (hold?.document.state === 'approved' || hold?.document.state === 'done') continue;
      held = what;
      return false;
    }
    return true;
  };

  return {
    tallies,
    get held() {
      return held;
    },
    admit: async (open, linked) => {
      const feeds = Map.groupBy(open, ({ observation }) => keyOf(observation.feed));
      const byFeed = Map.groupBy(linked, ({ item }) => keyOf(item.observation.feed));
      for (const [key, items] of feeds) if (!(await admitFeed(key, items, byFeed.get(key) ?? []))) return false;
      return true;
    },
  };
}

function keyOf({ object, shardTypeId }: { readonly object: string; readonly shardTypeId: string }): string {
  return `${object} ${shardTypeId}`;
}

/** A first read of a record overwrites nothing. */
function wasHere({ link, fresh }: Item): boolean {
  return link !== undefined && !fresh && link.document.hash !== undefined && link.document.hash !== 'deleted';
}

interface Changed {
  readonly shardId: string;
  readonly linkId: string;
  readonly isDeleted: boolean;
  readonly changes: readonly FieldChange[];
}

function changeOf(sighting: Sighting): (linked: Linked) => Changed {
  return ({ item: { observation, shard }, shardId }) => {
    const { linkId } = observation;
    const none = { shardId, linkId, isDeleted: false, changes: [] };
    const source = shard?.document.sources[linkId];
    if (shard === undefined || source === undefined || source.deleted) return none;
    if (isOlder({ version: source.externalVersion, observed: source.observed }, observation, sighting)) return none;
    if (observation.deleted) return { ...none, isDeleted: true };
    return { ...none, changes: overwrittenBy(observation, source, shard.document) };
  };
}

function describeExcess(
  { taskId, plan }: ExecutionDocument,
  { object, mappingVersion }: PlannedObject,
  feed: { readonly feed: string; readonly shardTypeId: string },
  excess: Excess,
  changed: readonly Changed[],
): Held {
  const { records, of, reason } = excess;
  const affected = { object, ...feed, records, of };
  if (excess.kind === 'delete-marked') {
    const action = { kind: excess.kind, ...affected, archives: plan.deletions === 'archive' };
    const sample = sampleFrom(changed.filter(({ isDeleted }) => isDeleted));
    return { action, reason, sample, signature: signatureOf(taskId, action, mappingVersion) };
  }
  const { field } = excess;
  const isIt = (change: FieldChange) =>
    change.field === field && (change.to === undefined ? undefined : valueName(change.to)) === excess.to;
  const found = changed.filter(({ changes }) => changes.some(isIt));
  const to: Json | undefined = found[0]?.changes.find(isIt)?.to;
  const action = { kind: excess.kind, ...affected, field, ...(to === undefined ? {} : { to }) };
  const signature = signatureOf(taskId, action, [mappingVersion, field, excess.to ?? null]);
  return { action, reason, sample: sampleFrom(found), signature };
}

function sampleFrom(changed: readonly Changed[]): Held['sample'] {
  return changed.slice(0, sampleSize).map(({ shardId, linkId }) => ({ shardId, linkId }));
}
