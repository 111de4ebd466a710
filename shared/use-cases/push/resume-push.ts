import type { resumePush as route } from '../../contracts/pushes.ts';
import { describePush } from '../../core/describe-push.ts';
import { pushLaneId } from '../../core/documents/push-lane.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findIntegration } from '../find-integration.ts';
import { recordAudit } from '../record-audit.ts';
import { wakeLane } from './lane.ts';

type Needs = Pick<Deps, 'pushLanes' | 'pushQueue' | 'due' | 'newId' | 'now' | 'engine'>;

/** Goes on writing now. Throws `not-found`. */
export async function resumePush(
  deps: Needs & Pick<Deps, 'integrations' | 'audit'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  await findIntegration(deps, scope, params.integrationId);
  await resumeLane(deps, scope, params.integrationId);
  await recordAudit(deps, scope, { action: 'push.resumed', subject: params.integrationId });
  const lane = await deps.pushLanes.get(scope, { id: pushLaneId(params.integrationId) });
  return { body: describePush(lane?.document, deps.now()) };
}

/** Ends the pause of a lane, because what it waits for may have come: a connection that works, or a person who says so. */
export async function resumeLane(deps: Needs, scope: Scope, integrationId: string): Promise<void> {
  for (;;) {
    const stored = await deps.pushLanes.get(scope, { id: pushLaneId(integrationId) });
    // Nothing was ever to be written.
    if (stored === undefined) return;
    const { waitingUntil, ...document } = stored.document;
    if (waitingUntil === undefined) break;
    if ((await deps.pushLanes.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) break;
  }
  await wakeLane(deps, scope, integrationId);
}
