import type { getHold as route } from '../../contracts/holds.ts';
import { describeHold, describeSample } from '../../core/describe-hold.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { followForwarding } from '../merge-shards/follow-forwarding.ts';
import { findHold } from './find-hold.ts';

/** One hold, with some of its records as they are now. Throws `not-found`. */
export async function getHold(
  deps: Pick<Deps, 'holds' | 'shards'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findHold(deps, scope, params.holdId);
  const shards = await followForwarding(
    deps,
    scope,
    document.sample.map(({ shardId }) => shardId),
  );
  const sample = document.sample.flatMap(({ shardId, linkId }) => {
    const shard = shards.get(shardId)?.stored?.document;
    return shard === undefined ? [] : [describeSample(document, linkId, shard)];
  });
  return { body: { ...describeHold(document), sample }, etag };
}
