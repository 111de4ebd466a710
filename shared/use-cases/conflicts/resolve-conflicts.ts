import type { resolveConflicts as route } from '../../contracts/conflicts.ts';
import { describeResolution } from '../../core/conflicts/describe-conflict.ts';
import { definedOnly } from '../../core/defined-only.ts';
import type { ConflictResolutionDocument } from '../../core/documents/conflict-resolution.ts';
import { dueKey } from '../../core/due.ts';
import { later } from '../../core/later.ts';
import type { Deps, Orchestrations } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { authorise } from '../authenticate.ts';
import { createDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { findConflict } from './find-conflict.ts';

type Needs = Pick<Deps, 'conflicts' | 'conflictResolutions' | 'due' | 'audit' | 'newId' | 'now'> & {
  readonly orchestrations: Orchestrations;
};

/** A resolution whose orchestration shows nothing for so long is gone on with by the clock. */
export const resolutionWatchMs = 120_000;

/**
 * Begins to decide many conflicts alike; an orchestration goes through them. Throws `not-found` for the one that they are to be like.
 */
export async function resolveConflicts(
  deps: Needs,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  if (body.rule) authorise(scope.actor, 'admin');
  const at = attempt.at.toISOString();
  const { take, deletion, rule } = body;
  const fields =
    body.fields === undefined ? undefined : Object.fromEntries(body.fields.map((each) => [each.field, each.take]));
  const document: ConflictResolutionDocument = {
    id: deps.newId('conflictResolution'),
    tenantId: scope.tenantId,
    kind: 'conflict-resolution',
    schemaVersion: 1,
    state: 'running',
    of: await describeWanted(deps, scope, body, at),
    decision: { ...definedOnly({ take, fields, deletion }), rule },
    actor: scope.actor,
    resolved: 0,
    left: 0,
    reasons: [],
    createdAt: at,
    updatedAt: at,
  };
  await deps.due.put({
    ...dueKey('conflict-resolution', scope.tenantId, document.id),
    schemaVersion: 1,
    kind: 'conflict-resolution',
    tenantId: scope.tenantId,
    resolutionId: document.id,
    dueAt: later(deps.now(), resolutionWatchMs).toISOString(),
  });
  const stored = await createDocument(deps.conflictResolutions, scope, document, attempt.repeated);
  await recordAudit(deps, scope, { action: 'conflicts.resolved', subject: document.id });
  const { tenantId, traceparent } = scope;
  await deps.orchestrations.start('resolve-conflicts', document.id, {
    tenantId,
    traceparent,
    resolutionId: document.id,
  });
  return { body: describeResolution(stored.document) };
}

async function describeWanted(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  { ids, like, filter = {} }: InputOf<typeof route>['body'],
  at: string,
): Promise<ConflictResolutionDocument['of']> {
  if (ids !== undefined) return { ids: [...new Set(ids)] };
  if (like !== undefined) return { alike: (await findConflict(deps, scope, like)).document.alike, sinceBefore: at };
  const { integrationId, type, kind, field, sinceBefore = at } = filter;
  return {
    ...definedOnly({ integrationId, shardTypeId: type, about: kind, field }),
    sinceBefore: sinceBefore < at ? sinceBefore : at,
  };
}
