import type { updateTask as route } from '../contracts/tasks.ts';
import { definedOnly } from '../core/defined-only.ts';
import { describeTask } from '../core/describe-task.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { changeDocument } from './change-document.ts';
import { checkTask } from './check-task.ts';
import { findIntegration } from './find-integration.ts';
import { findTask } from './find-task.ts';
import { scanForTask } from './push/scan-for-task.ts';
import { recordAudit } from './record-audit.ts';
import { nextRunAt, writeSchedule } from './write-schedule.ts';

type Patch = InputOf<typeof route>['body'];

/** Changes a sync task. A run in progress keeps what it started with. Throws `not-found`, `precondition-failed`, `invalid-request`. */
export async function updateTask(
  deps: Pick<
    Deps,
    | 'integrations'
    | 'tasks'
    | 'conversionSchemas'
    | 'shardTypes'
    | 'expressions'
    | 'due'
    | 'adapters'
    | 'audit'
    | 'conversionContents'
    | 'newId'
    | 'now'
    | 'engine'
    | 'pushLanes'
    | 'pushQueue'
  >,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: before } = await findTask(deps, scope, params);
  const { document: integration } = await findIntegration(deps, scope, params.integrationId);
  await checkTask(
    deps,
    scope,
    integration,
    {
      ...(body.objects === undefined && body.direction === undefined
        ? {}
        : { objects: body.objects ?? before.objects, direction: body.direction ?? before.direction }),
      ...(body.schedule === undefined ? {} : { schedule: body.schedule }),
    },
    attempt.at,
  );
  const { document, etag } = await changeDocument(deps.tasks, scope, {
    find: () => findTask(deps, scope, params),
    change: (current) => patched(current, body, attempt.at),
    ifMatch,
    repeated: attempt.repeated,
  });
  if (movesSchedule(body)) await writeSchedule(deps, scope, document);
  await scanForTask(deps, scope, document);
  const detail = Object.keys(body).sort().join(', ');
  await recordAudit(deps, scope, { action: 'task.updated', subject: document.id, detail });
  return { body: describeTask(document), etag };
}

/** Only these move the next run: a new name must not put off a task that runs every hour. */
function movesSchedule(patch: Patch): boolean {
  return patch.schedule !== undefined || patch.enabled !== undefined;
}

function patched(current: TaskDocument, patch: Patch, at: Date): TaskDocument {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  const holds = { ...current.holds, ...definedOnly(patch.holds ?? {}) };
  const document: TaskDocument = { ...current, ...given, holds, updatedAt: at.toISOString() };
  if (!movesSchedule(patch)) return document;
  const { nextRunAt: _nextRunAt, ...rest } = document;
  const next = nextRunAt(document, at);
  return next === undefined ? rest : { ...rest, nextRunAt: next };
}
