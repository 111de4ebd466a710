import { sameValue } from '../../core/canonical.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Json } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { markPushes, type PushRoute, routeKeyOf } from '../../core/two-way/push-routes.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { putShards } from '../put-shards.ts';
import type { LaneWork } from './lane-work.ts';

type PushProblem = NonNullable<ShardDocument['pushProblems']>[string];

/** Why something of a shard is not written on a route; stands as long as the same would be written. */
export interface NotedProblem {
  readonly shardId: string;
  readonly problem: Omit<PushProblem, 'at'>;
}

/** Keeps with the shards why they are not pushed. Who changed a shard meanwhile has made the problem another one, or none: then it comes up again. */
export async function noteProblems(
  work: LaneWork,
  route: LoadedRoute,
  problems: readonly NotedProblem[],
): Promise<void> {
  const at = work.deps.now().toISOString();
  await remark(
    work,
    problems.map(({ shardId }) => shardId),
    (shard) => {
      const noted = problems.find(({ shardId }) => shardId === shard.id);
      if (noted === undefined) return shard;
      return { ...shard, pushProblems: { ...shard.pushProblems, [routeKeyOf(route)]: { ...noted.problem, at } } };
    },
  );
}

/** Writes the marks of shards anew, where they are no longer what they should be. */
export async function remark(
  {
    deps,
    scope,
    routes,
  }: {
    readonly deps: Pick<Deps, 'shards' | 'journal'>;
    readonly scope: Scope;
    readonly routes: readonly PushRoute[];
  },
  shardIds: readonly string[],
  change: (shard: ShardDocument) => ShardDocument = (shard) => shard,
): Promise<void> {
  const found = await deps.shards.getMany(
    scope,
    [...new Set(shardIds)].map((id) => ({ id })),
  );
  await putShards(
    deps,
    scope,
    found.flatMap((before) => {
      if (before === undefined) return [];
      const document = markPushes(change(before.document), routes);
      return sameValue(document as unknown as Json, before.document as unknown as Json) ? [] : [{ before, document }];
    }),
  );
}
