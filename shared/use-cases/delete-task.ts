import type { deleteTask as route } from '../contracts/tasks.ts';
import { AppError } from '../core/app-error.ts';
import { isMatch } from '../core/etag.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { assertIdle } from './assert-idle.ts';
import { findTask } from './find-task.ts';
import { recordAudit } from './record-audit.ts';
import { removeSchedule } from './remove-task.ts';

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

/** Removes a task, then its schedule. Shards and links stay. Throws `not-found`, `precondition-failed`, `already-running`. */
export async function deleteTask(
  deps: Pick<Deps, 'tasks' | 'runs' | 'due' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { taskId } = input.params;
  try {
    await removeTask(deps, scope, input);
  } catch (error) {
    if (!(input.attempt.repeated && error instanceof AppError && error.code === 'not-found')) throw error;
  }
  await removeSchedule(deps, scope, taskId);
  await recordAudit(deps, scope, { action: 'task.deleted', subject: taskId });
  return { body: undefined };
}

async function removeTask(
  deps: Pick<Deps, 'tasks' | 'runs'>,
  scope: Scope,
  { params, ifMatch }: InputOf<typeof route>,
): Promise<void> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const { document, etag } = await findTask(deps, scope, params);
    if (!isMatch(ifMatch, etag)) throw new AppError('precondition-failed');
    await assertIdle(deps, scope, { field: 'taskId', id: document.id });
    const result = await deps.tasks.remove(scope, { id: document.id }, etag);
    if (result === 'removed') return;
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}
