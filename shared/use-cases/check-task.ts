import type { FieldError } from '../contracts/problem.ts';
import { AppError } from '../core/app-error.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps } from '../core/ports.ts';
import { checkSchedule } from '../core/schedule.ts';
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
