import type { createTask as route } from '../contracts/tasks.ts';
import { AppError } from '../core/app-error.ts';
import { describeTask } from '../core/describe-task.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { createDocument } from './change-document.ts';
import { checkTask } from './check-task.ts';
import { findIntegration } from './find-integration.ts';
import { scanForTask } from './push/scan-for-task.ts';
import { recordAudit } from './record-audit.ts';
import { nextRunAt, writeSchedule } from './write-schedule.ts';

/**
 * Creates a sync task and puts its schedule before the clock. An integration that was removed meanwhile keeps no task.
 *
 * @throws AppError `not-found`, `invalid-request`
 */
export async function createTask(
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
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: integration } = await findIntegration(deps, scope, params.integrationId);
  await checkTask(deps, scope, integration, body, attempt.at);
  const next = nextRunAt(body, attempt.at);
  const at = attempt.at.toISOString();
  const { document, etag } = await createDocument(
    deps.tasks,
    scope,
    {
      id: deps.newId('task'),
      tenantId: scope.tenantId,
      kind: 'task',
      schemaVersion: 1,
      integrationId: integration.id,
      ...body,
      watermarks: {},
      ...(next === undefined ? {} : { nextRunAt: next }),
      createdAt: at,
      updatedAt: at,
    },
    attempt.repeated,
  );
  if ((await deps.integrations.get(scope, { id: integration.id })) === undefined) {
    await deps.tasks.remove(scope, { id: document.id });
    throw new AppError('not-found', { detail: 'There is no such integration.' });
  }
  await writeSchedule(deps, scope, document);
  await scanForTask(deps, scope, document);
  await recordAudit(deps, scope, { action: 'task.created', subject: document.id });
  return { body: describeTask(document), etag };
}
