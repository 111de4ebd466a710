import type { ConflictSettings } from '../../contracts/conflict-policy.ts';
import { canonicalText, sameValue, shortHash } from '../canonical.ts';
import type { PushState, ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { Json } from '../json.ts';
import { ownValue } from '../own-value.ts';
import { heldCreates, hiddenHeldMark, integrationOfKey, routeKeyOf } from './doubtful-creates.ts';

/** Where shards of a type are pushed to: one object of one integration, as a task says. */
export interface PushRoute {
  readonly taskId: string;
  readonly integrationId: string;
  /** The link's object: the provider's, with the target's name where one record feeds several shards. */
  readonly object: string;
  readonly shardTypeId: string;
  /** The shard's fields that are written back. */
  readonly paths: readonly (readonly string[])[];
  /** Whether records that are there are changed. */
  readonly updates: boolean;
  /** Whether a shard without a record there gets one. */
  readonly creates: boolean;
  /** Whether what is deleted there is deleted here. */
  readonly mirrors: boolean;
  /** Whether the record of a deleted shard is deleted. */
  readonly deletes: boolean;
  readonly conflicts: ConflictSettings;
}

/** What a shard lacks at a route. `linkId` names the record; that of a create is not there yet. */
export type PushNeed =
  | { readonly kind: 'create' }
  | { readonly kind: 'update'; readonly linkId: string; readonly fields: readonly string[] }
  | { readonly kind: 'delete'; readonly linkId: string };

/** The value of ours that a source last agreed to. */
export function agreedValue(source: ShardSource, path: readonly string[]): Json | undefined {
  const known = ownValue(source.internalBase, path.join('.'));
  return (known === undefined ? readPath(source.externalBase, path) : known.value) as Json | undefined;
}

/** The fields of a source that differ from what it agreed to and from what it shows, and are not held. */
export function movedFields(shard: ShardDocument, source: ShardSource, paths: PushRoute['paths']): string[] {
  const hasMoved = (path: readonly string[]): boolean => {
    const ours = readPath(shard.data, path) as Json | undefined;
    const shown = readPath(source.externalBase, path) as Json | undefined;
    return !sameValue(ours, agreedValue(source, path)) && !sameValue(ours, shown);
  };
  return paths
    .filter(hasMoved)
    .map((path) => path.join('.'))
    .filter((field) => ownValue(source.held?.fields, field) === undefined);
}

/** What is to be written at a route so that it has what the shard has. */
export function pushNeeds(shard: ShardDocument, route: PushRoute): PushNeed[] {
  if (shard.shardTypeId !== route.shardTypeId) return [];
  const all = Object.entries(shard.sources).filter(
    ([, source]) => source.integrationId === route.integrationId && source.object === route.object,
  );
  const live = all.filter(([, source]) => !source.deleted);
  if (shard.status === 'deleted') {
    if (!route.deletes || shard.deletion === undefined) return [];
    return live.flatMap(([linkId, { held }]): PushNeed[] =>
      held?.deletion === undefined ? [{ kind: 'delete', linkId }] : [],
    );
  }
  if (shard.status !== 'active') return [];
  if (live.length === 0) {
    const isWanted = all.length === 0 ? route.creates : all.some(([, source]) => source.recreate === true);
    return isWanted && hasValues(shard, route.paths) ? [{ kind: 'create' }] : [];
  }
  if (!route.updates) return [];
  return live.flatMap(([linkId, source]): PushNeed[] => {
    const fields = movedFields(shard, source, route.paths);
    return fields.length === 0 ? [] : [{ kind: 'update', linkId, fields }];
  });
}

function hasValues(shard: ShardDocument, paths: PushRoute['paths']): boolean {
  return paths.some((path) => (readPath(shard.data, path) ?? null) !== null);
}

/** Names what would be pushed, so that a refusal is remembered for that and nothing else. */
export function printOf(shard: ShardDocument, route: PushRoute, needs: readonly PushNeed[]): string {
  const values = route.paths.map((path) => readPath(shard.data, path) ?? null) as Json[];
  const kinds = needs
    .map((need) => (need.kind === 'create' ? need.kind : `${need.kind} ${stateOf(shard, need.linkId)}`))
    .sort();
  return shortHash(canonicalText([kinds, values]));
}

/** A record that was changed there meanwhile is another one to be written to. */
function stateOf({ sources }: ShardDocument, linkId: string): string {
  const source = sources[linkId];
  const shown = () => shortHash(canonicalText((source?.externalBase ?? {}) as Json));
  return `${linkId} ${source?.externalRevision ?? source?.externalVersion ?? shown()}`;
}

const urgency: Record<PushState, number> = { failed: 0, held: 1, pending: 2 };

/** The shard with `push` saying what each integration still lacks of it. Part of every write of a shard. A refusal stands for what was refused. */
export function markPushes(shard: ShardDocument, routes: readonly PushRoute[]): ShardDocument {
  const { push: _push, pushProblems: problems, ...rest } = shard;
  const standing = heldCreates(shard);
  const push: Record<string, PushState> = Object.fromEntries(
    Object.keys(standing).map((key) => [integrationOfKey(key), 'held']),
  );
  for (const route of routes) {
    const needs = pushNeeds(shard, route);
    if (needs.length === 0) continue;
    const key = routeKeyOf(route);
    const problem = problems?.[key];
    if (problem?.state === 'failed' && problem.print === printOf(shard, route, needs)) standing[key] = problem;
    const state = standing[key]?.state ?? 'pending';
    const other = push[route.integrationId];
    if (other === undefined || urgency[state] > urgency[other]) push[route.integrationId] = state;
    if (other === 'held' && state === 'pending') push[hiddenHeldMark(route.integrationId)] = 'held';
  }
  return {
    ...rest,
    ...(Object.keys(push).length === 0 ? {} : { push }),
    ...(Object.keys(standing).length === 0 ? {} : { pushProblems: standing }),
  };
}
