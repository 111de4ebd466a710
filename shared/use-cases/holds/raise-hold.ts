import type { ExecutionDocument } from '../../core/documents/execution.ts';
import type { HoldDocument } from '../../core/documents/hold.ts';
import { holdIdOf } from '../../core/hold-identity.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { recordEvent } from '../record-event.ts';

/** As many as a person looks at. */
const sampleSize = 10;

/** Writes down what is held and tells it, once a run and thing. */
export async function raiseHold(
  deps: Pick<Deps, 'holds' | 'events' | 'now'>,
  scope: Scope,
  { id: executionId, integrationId, taskId }: Pick<ExecutionDocument, 'id' | 'integrationId' | 'taskId'>,
  what: Pick<HoldDocument, 'action' | 'signature' | 'reason' | 'sample'>,
): Promise<HoldDocument> {
  const at = deps.now().toISOString();
  const id = holdIdOf(executionId, what.signature);
  const proposed: HoldDocument = {
    id,
    tenantId: scope.tenantId,
    kind: 'hold',
    schemaVersion: 1,
    state: 'open',
    integrationId,
    taskId,
    executionId,
    ...what,
    createdAt: at,
    updatedAt: at,
  };
  const created = await deps.holds.write(scope, { kind: 'create', document: proposed });
  const hold = created.ok ? proposed : ((await deps.holds.get(scope, { id }))?.document ?? proposed);
  await announceHold(deps, scope, hold);
  return hold;
}

/** Tells of a hold, once; a repeat does nothing. */
export async function announceHold(deps: Pick<Deps, 'events'>, scope: Scope, hold: HoldDocument): Promise<void> {
  const { id: holdId, createdAt: at, integrationId, taskId, executionId, reason } = hold;
  const data = { integrationId, holdId, taskId, executionId, reason, affected: hold.action.records };
  await recordEvent(deps, scope, { type: 'hold.raised', subject: holdId, at, data });
}

/** Some of the records behind links, by name only. */
export async function sampleOf(
  deps: Pick<Deps, 'links'>,
  scope: Scope,
  linkIds: readonly string[],
): Promise<HoldDocument['sample']> {
  const links = await deps.links.getMany(
    scope,
    linkIds.slice(0, sampleSize).map((id) => ({ id })),
  );
  return links.flatMap((link) =>
    link === undefined ? [] : [{ shardId: link.document.shardId, linkId: link.document.id }],
  );
}
