import type { PushIntent } from '../../core/documents/push-lane.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { type DoubtfulCreate, hiddenHeldMark, knowCreated, routeKeyOf } from '../../core/two-way/doubtful-creates.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import type { Item, Stores } from './item.ts';

/** More held creates than this are more than people can have looked at: those beyond are settled by them alone. */
const mostHeld = 200;

/**
 * The new records that creates of ours have made which are not known to have happened: each has a shard, and is read as the answer to its create. A create
 * that is under way is in the lane before it is sent, and held in its shard before it leaves the lane: whoever sees its record finds one of the two.
 *
 * @param underWay what the lane is writing, read before this; `undefined` where nothing was ever written there, and for what the lane itself sees
 */
export async function findCreated(
  deps: Pick<Stores, 'shards'>,
  scope: Scope,
  { integrationId, matcher }: MergeInput,
  underWay: readonly PushIntent[] | undefined,
  open: readonly Item[],
): Promise<ReadonlyMap<Item, Stored<ShardDocument>>> {
  const homes = new Map<Item, Stored<ShardDocument>>();
  const items = open.filter(({ link }) => link === undefined || link.document.state === 'pending');
  if (underWay === undefined || items.length === 0) return homes;
  const creates = await listDoubtful(deps, scope, integrationId, underWay);
  if (creates.length === 0) return homes;
  const linked = items.flatMap(({ link }) => link?.document.shardId ?? []);
  const named = linked.length === 0 ? [] : [...creates.map(({ shardId }) => shardId), ...linked];
  const survivors = await followForwarding(deps, scope, named);
  const survivorOf = (shardId: string) => survivors.get(shardId)?.id ?? shardId;
  const known = knowCreated(
    items.map((item) => ({
      item,
      observation: item.observation,
      shardId: item.link && survivorOf(item.link.document.shardId),
    })),
    creates.map((create) => ({ ...create, survivorId: survivorOf(create.shardId) })),
    matcher !== undefined,
  );
  const shards = await followForwarding(
    deps,
    scope,
    known.map(({ create }) => create.shardId),
  );
  for (const { record, create, pushed } of known) {
    const { item } = record;
    const shard = shards.get(create.shardId)?.stored;
    if (shard === undefined || hasRecord(shard.document, integrationId, create.object)) continue;
    item.observation = { ...item.observation, pushed };
    if (item.link === undefined) homes.set(item, shard);
  }
  return homes;
}

/** Creates at an integration that may have happened: those that its lane is at, and those that wait for people. */
export async function listDoubtful(
  deps: Pick<Stores, 'shards'>,
  scope: Scope,
  integrationId: string,
  underWay: readonly PushIntent[],
): Promise<readonly DoubtfulCreate[]> {
  const creates = underWay.flatMap((intent): DoubtfulCreate[] =>
    intent.kind === 'create' ? [{ ...intent, sent: intent }] : [],
  );
  return [...creates, ...(await listHeld(deps, scope, integrationId))];
}

async function listHeld(deps: Pick<Stores, 'shards'>, scope: Scope, integrationId: string): Promise<DoubtfulCreate[]> {
  const listMarked = (mark: string) =>
    deps.shards.list(scope, {
      filters: [{ field: `push.${mark}`, is: 'equal', value: 'held' }],
      order: 'descending',
      limit: mostHeld,
    });
  const [held, hidden] = await Promise.all([listMarked(integrationId), listMarked(hiddenHeldMark(integrationId))]);
  return [...held, ...hidden].flatMap(({ document: { id: shardId, shardTypeId, pushProblems = {} } }) =>
    Object.entries(pushProblems).flatMap(([key, { state, sent }]): DoubtfulCreate[] => {
      const object = key.slice(integrationId.length + 1);
      const isHeld = state === 'held' && key === routeKeyOf({ integrationId, object });
      return isHeld && sent !== undefined ? [{ shardId, shardTypeId, object, sent }] : [];
    }),
  );
}

/** The create has been answered already. */
function hasRecord({ sources }: ShardDocument, integrationId: string, object: string): boolean {
  return Object.values(sources).some(
    (source) => !source.deleted && source.integrationId === integrationId && source.object === object,
  );
}
