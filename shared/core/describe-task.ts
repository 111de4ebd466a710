import type { z } from 'zod';
import type { task } from '../contracts/tasks.ts';
import type { TaskDocument } from './documents/task.ts';

/** A stored task as the API shows it. */
export function describeTask(document: TaskDocument): z.infer<typeof task> {
  return {
    id: document.id,
    integrationId: document.integrationId,
    direction: document.direction,
    creates: document.creates,
    conflicts: document.conflicts,
    name: document.name,
    mode: document.mode,
    objects: document.objects,
    schedule: document.schedule,
    enabled: document.enabled,
    pageSize: document.pageSize,
    lookBackSeconds: document.lookBackSeconds,
    bulk: document.bulk,
    deletions: document.deletions,
    holds: document.holds,
    nextRunAt: document.nextRunAt,
    lastExecutionId: document.lastExecutionId,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  };
}
