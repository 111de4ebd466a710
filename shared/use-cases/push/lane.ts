import { sameValue } from '../../core/canonical.ts';
import { type PushLaneDocument, pushLaneId } from '../../core/documents/push-lane.ts';
import { dueKey } from '../../core/due.ts';
import type { PushChangesEnvelope } from '../../core/envelope.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

type LaneNeeds = Pick<Deps, 'pushLanes' | 'now' | 'engine'>;
type WakeNeeds = Pick<Deps, 'due' | 'pushQueue' | 'newId' | 'now' | 'engine'>;

/** Another message has the lane now: nothing more may be written to it. */
export class LaneLost extends Error {
  constructor(integrationId: string) {
    super(`The push lane of ${integrationId} was taken over`);
    this.name = 'LaneLost';
  }
}

/** A lane that this delivery of a message holds, as it was last written. */
export interface HeldLane {
  readonly holder: string;
  readonly claim: number;
  stored: Stored<PushLaneDocument>;
}

/** Has someone look at what an integration lacks: a message now, and the clock should that be lost. Waking twice does no harm. */
export async function wakeLane(deps: WakeNeeds, scope: Scope, integrationId: string, delayMs = 0): Promise<void> {
  await deps.due.put({
    ...dueKey('push', scope.tenantId, integrationId),
    schemaVersion: 1,
    kind: 'push',
    tenantId: scope.tenantId,
    integrationId,
    dueAt: new Date(deps.now().getTime() + delayMs + deps.engine.leaseMs + deps.engine.watchMs).toISOString(),
  });
  const envelope: PushChangesEnvelope = {
    kind: 'push-changes',
    tenantId: scope.tenantId,
    traceparent: scope.traceparent,
    messageId: deps.newId('message'),
    integrationId,
  };
  await deps.pushQueue.send(envelope, delayMs);
}

/** Has all shards of these types looked at for what the integration lacks of them: after a route was made, or could not be known before. */
export async function requestScan(
  deps: LaneNeeds & WakeNeeds,
  scope: Scope,
  integrationId: string,
  shardTypeIds: readonly string[],
): Promise<void> {
  for (;;) {
    const stored = await deps.pushLanes.get(scope, { id: pushLaneId(integrationId) });
    const document = stored?.document ?? newLane(deps, scope, integrationId);
    const types = [...new Set([...(document.scan?.shardTypeIds ?? []), ...shardTypeIds])].sort();
    // From the start: what was looked at before may lack something now.
    const next: PushLaneDocument = { ...document, scan: { shardTypeIds: types } };
    const result = await deps.pushLanes.write(
      scope,
      stored === undefined
        ? { kind: 'create', document: next }
        : { kind: 'replace', document: next, etag: stored.etag },
    );
    if (result.ok) break;
  }
  await wakeLane(deps, scope, integrationId);
}

/**
 * Takes the lane for a message. `undefined` when another message has it, which then looks once more before it lets go, and when the lane waits as the
 * provider asked: a message is on its way.
 */
export async function takeLane(
  deps: LaneNeeds,
  scope: Scope,
  { integrationId, messageId }: Pick<PushChangesEnvelope, 'integrationId' | 'messageId'>,
): Promise<HeldLane | undefined> {
  for (;;) {
    const stored = await deps.pushLanes.get(scope, { id: pushLaneId(integrationId) });
    const document = stored?.document ?? newLane(deps, scope, integrationId);
    const isHeld = document.holder !== undefined && document.holder !== messageId && !isOver(deps, document.expiresAt);
    if (isHeld && document.wanted === true) return undefined;
    if (!isHeld && document.waitingUntil !== undefined && !isOver(deps, document.waitingUntil)) return undefined;
    const { wanted: _wanted, waitingUntil: _waitingUntil, ...rest } = document;
    const claim = document.claim + 1;
    const next: PushLaneDocument = isHeld
      ? { ...document, wanted: true }
      : { ...leaveBatch(deps, rest), holder: messageId, claim, ...lease(deps) };
    const result = await deps.pushLanes.write(
      scope,
      stored === undefined
        ? { kind: 'create', document: next }
        : { kind: 'replace', document: next, etag: stored.etag },
    );
    if (!result.ok) continue;
    return isHeld ? undefined : { holder: messageId, claim, stored: { document: next, etag: result.etag } };
  }
}

/** Whoever had the lane may have been writing the batch until now. */
function leaveBatch({ now }: LaneNeeds, { batch, ...rest }: PushLaneDocument): PushLaneDocument {
  if (batch === undefined) return rest;
  return { ...rest, batch: batch.endedAtMs === undefined ? { ...batch, endedAtMs: now().getTime() } : batch };
}

/** What a holder changes of its lane; a part that is `undefined` goes. */
export type LaneChange = Partial<
  Pick<PushLaneDocument, 'batch' | 'attempt' | 'totals' | 'lastPushedAt'> & {
    readonly batch: PushLaneDocument['batch'] | undefined;
    readonly problem: string | undefined;
  }
>;

/**
 * Changes the lane on top of what others noted in it meanwhile, and prolongs the lease.
 *
 * @throws LaneLost
 */
export async function saveLane(deps: LaneNeeds, scope: Scope, lane: HeldLane, change: LaneChange): Promise<void> {
  await write(deps, scope, lane, (document) => ({ ...document, ...change, ...lease(deps) }));
}

/** Goes on with a scan, unless another one was asked for meanwhile. @throws LaneLost */
export async function advanceScan(
  deps: LaneNeeds,
  scope: Scope,
  lane: HeldLane,
  from: NonNullable<PushLaneDocument['scan']>,
  to: PushLaneDocument['scan'],
): Promise<void> {
  await write(deps, scope, lane, ({ scan, ...rest }) => {
    const isSame = scan?.afterId === from.afterId && sameValue(scan?.shardTypeIds, from.shardTypeIds);
    const next = isSame ? to : scan;
    return { ...rest, ...(next === undefined ? {} : { scan: next }), ...lease(deps) };
  });
}

/** Lets go of the lane until an instant. @throws LaneLost */
export async function pauseLane(
  deps: LaneNeeds,
  scope: Scope,
  lane: HeldLane,
  pause: { readonly until: string; readonly problem: string; readonly attempt: number },
): Promise<void> {
  await write(deps, scope, lane, ({ holder: _holder, wanted: _wanted, ...rest }) => ({
    ...rest,
    attempt: pause.attempt,
    problem: pause.problem,
    waitingUntil: pause.until,
    updatedAt: deps.now().toISOString(),
  }));
}

/** Lets go of the lane. @throws LaneLost */
export async function releaseLane(deps: LaneNeeds, scope: Scope, lane: HeldLane): Promise<void> {
  await write(deps, scope, lane, ({ holder: _holder, wanted: _wanted, ...rest }) => rest);
}

/** Lets go of the lane unless someone came meanwhile: then there may be more to do. */
export async function finishLane(deps: LaneNeeds, scope: Scope, lane: HeldLane): Promise<boolean> {
  const { holder: _holder, problem: _problem, ...rest } = lane.stored.document;
  if (rest.wanted === undefined && rest.scan === undefined) {
    const document: PushLaneDocument = { ...rest, attempt: 0 };
    const result = await deps.pushLanes.write(scope, { kind: 'replace', document, etag: lane.stored.etag });
    if (result.ok) return true;
  }
  await write(deps, scope, lane, ({ wanted: _wanted, ...document }) => ({ ...document, ...lease(deps) }));
  return false;
}

async function write(
  deps: LaneNeeds,
  scope: Scope,
  lane: HeldLane,
  change: (document: PushLaneDocument) => PushLaneDocument,
): Promise<void> {
  for (;;) {
    const changed = change(lane.stored.document);
    const document = Object.fromEntries(
      Object.entries(changed).filter(([, value]) => value !== undefined),
    ) as PushLaneDocument;
    const result = await deps.pushLanes.write(scope, { kind: 'replace', document, etag: lane.stored.etag });
    if (result.ok) {
      lane.stored = { document, etag: result.etag };
      return;
    }
    const stored = await deps.pushLanes.get(scope, { id: document.id });
    if (stored?.document.holder !== lane.holder || stored.document.claim !== lane.claim) {
      throw new LaneLost(document.integrationId);
    }
    lane.stored = stored;
  }
}

function newLane({ now }: LaneNeeds, scope: Scope, integrationId: string): PushLaneDocument {
  const at = now().toISOString();
  return {
    id: pushLaneId(integrationId),
    tenantId: scope.tenantId,
    kind: 'push-lane',
    schemaVersion: 1,
    integrationId,
    expiresAt: at,
    claim: 0,
    attempt: 0,
    totals: { created: 0, updated: 0, deleted: 0, rejected: 0, conflicts: 0 },
    updatedAt: at,
  };
}

function lease({ now, engine }: LaneNeeds): Pick<PushLaneDocument, 'expiresAt' | 'updatedAt'> {
  const at = now();
  return { expiresAt: new Date(at.getTime() + engine.leaseMs).toISOString(), updatedAt: at.toISOString() };
}

function isOver({ now }: LaneNeeds, instant: string): boolean {
  return Date.parse(instant) <= now().getTime();
}
