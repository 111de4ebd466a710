import type { FieldError } from '../contracts/problem.ts';
import type { ObjectDescription } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps, Stored } from '../core/ports.ts';
import { checkSchedule } from '../core/schedule.ts';
import type { Scope } from '../core/scope.ts';
import { findAdapter } from './find-adapter.ts';

/**
 * Checks what a task's own schema cannot: that the integration's provider has its objects, and that its schedule comes.
 *
 * @throws AppError `invalid-request` naming `/objects/…/object` or `/schedule/…`
 */
export function checkTask(
  deps: Pick<Deps, 'adapters'>,
  integration: IntegrationDocument,
  task: Partial<Pick<TaskDocument, 'objects' | 'schedule'>>,
  now: Date,
): void {
  const errors: FieldError[] = task.schedule === undefined ? [] : checkSchedule(task.schedule, now);
  if (task.objects !== undefined) {
    const adapter = findAdapter(deps, integration.provider);
    const known = adapter.objects(integration.settings).map((object) => object.name);
    for (const [index, { object }] of task.objects.entries()) {
      if (known.includes(object)) continue;
      const message = known.length === 0 ? 'is not an object of the settings' : `must be one of: ${known.join(', ')}`;
      errors.push({ in: 'body', field: `/objects/${index}/object`, message });
    }
  }
  if (errors.length > 0) throw new AppError('invalid-request', { errors });
}

/** How many tasks are looked at in one read. */
const batchSize = 100;

/**
 * Checks that new settings of an integration still have every object that its tasks read.
 *
 * @throws AppError `invalid-request` naming `/settings` and the objects that would be lost
 */
export async function requireObjectsOfTasks(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  integrationId: string,
  objects: readonly ObjectDescription[],
): Promise<void> {
  const kept = new Set(objects.map((object) => object.name));
  const lost = new Set<string>();
  let afterId: string | undefined;
  for (;;) {
    const tasks: Stored<TaskDocument>[] = await deps.tasks.list(scope, {
      filters: [{ field: 'integrationId', is: 'equal', value: integrationId }],
      order: 'ascending',
      limit: batchSize,
      afterId,
    });
    for (const { object } of tasks.flatMap((task) => task.document.objects)) if (!kept.has(object)) lost.add(object);
    afterId = tasks.at(-1)?.document.id;
    if (tasks.length < batchSize) break;
  }
  if (lost.size === 0) return;
  const message = `must keep the objects that tasks read: ${[...lost].sort().join(', ')}`;
  throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/settings', message }] });
}
