import { sameValue } from '../../core/canonical.ts';
import type { PushProblem } from '../../core/documents/shard.ts';
import type { Json } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { routeKeyOf } from '../../core/two-way/doubtful-creates.ts';
import { markPushes, type PushRoute } from '../../core/two-way/push-routes.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { putShards } from '../put-shards.ts';
import type { LaneWork } from './lane-work.ts';

/** Why something of a shard is not written on a route; stands as long as the same would be written. */
export interface NotedProblem {
  readonly shardId: string;
  readonly problem: Omit<PushProblem, 'at'>;
}

/**
 * Keeps with the shards why they are not pushed, or with those that they were merged into. Who changed a shard meanwhile may have made a refusal another
 * one, or none; a create that may have happened has to be noted whatever becomes of its shard.
 */
export async function noteProblems(
  { deps, scope, routes }: Pick<LaneWork, 'deps' | 'scope' | 'routes'>,
  route: Pick<PushRoute, 'integrationId' | 'object'>,
  problems: readonly NotedProblem[],
): Promise<void> {
  const at = deps.now().toISOString();
  let left = problems;
  while (left.length > 0) {
    const found = await followForwarding(
      deps,
      scope,
      left.map(({ shardId }) => shardId),
    );
    const noted = left.flatMap((each) => {
      const before = found.get(each.shardId)?.stored;
      if (before === undefined) return [];
      const pushProblems = { ...before.document.pushProblems, [routeKeyOf(route)]: { ...each.problem, at } };
      const document = markPushes({ ...before.document, pushProblems }, routes);
      return sameValue(document as unknown as Json, before.document as unknown as Json)
        ? []
        : [{ each, write: { before, document } }];
    });
    const results = await putShards(
      deps,
      scope,
      noted.map(({ write }) => write),
    );
    left = noted.flatMap(({ each }, index) => (results[index]?.ok === true ? [] : [each]));
  }
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
      const document = markPushes(before.document, routes);
      return sameValue(document as unknown as Json, before.document as unknown as Json) ? [] : [{ before, document }];
    }),
  );
}
