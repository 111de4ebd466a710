import type { z } from 'zod';
import type { pushProblem, pushState } from '../contracts/pushes.ts';
import { definedOnly } from './defined-only.ts';
import type { PushLaneDocument } from './documents/push-lane.ts';
import type { ShardDocument } from './documents/shard.ts';

const nothing = { created: 0, updated: 0, deleted: 0, rejected: 0, conflicts: 0 };

/** A lane as the API shows it; one that nobody has needed yet is idle. */
export function describePush(lane: PushLaneDocument | undefined, now: Date): z.infer<typeof pushState> {
  const isHeld = lane?.holder !== undefined && Date.parse(lane.expiresAt) > now.getTime();
  const isWaiting = lane?.waitingUntil !== undefined && Date.parse(lane.waitingUntil) > now.getTime();
  const rest = isWaiting ? 'waiting' : 'idle';
  return {
    state: isHeld ? 'writing' : rest,
    unsettled: lane?.batch?.intents.length ?? 0,
    totals: lane?.totals ?? nothing,
    ...definedOnly({
      waitingUntil: isWaiting ? lane.waitingUntil : undefined,
      problem: lane?.problem,
      lastPushedAt: lane?.lastPushedAt,
    }),
  };
}

/** Why a shard is not written to an integration's objects. */
export function describePushProblems(shard: ShardDocument, integrationId: string): z.infer<typeof pushProblem>[] {
  return Object.entries(shard.pushProblems ?? {}).flatMap(([key, { print: _print, sent: _sent, ...problem }]) =>
    key.startsWith(`${integrationId}:`)
      ? [
          {
            shardId: shard.id,
            shardTypeId: shard.shardTypeId,
            object: key.slice(integrationId.length + 1),
            ...definedOnly(problem),
          } as z.infer<typeof pushProblem>,
        ]
      : [],
  );
}
