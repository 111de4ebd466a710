import { createHash } from 'node:crypto';
import type { DueDocument } from './documents/due.ts';

/** The clock reads this many partitions; entries spread over them by task. */
export const dueBuckets = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;

/** Where a task's entry of one kind is: one `schedule` and one `watch` entry a task. */
export function dueKey(kind: DueDocument['kind'], tenantId: string, taskId: string): { id: string; bucket: string } {
  const first = createHash('sha256').update(taskId).digest()[0] ?? 0;
  return { id: `${kind}:${tenantId}:${taskId}`, bucket: String(first % dueBuckets.length) };
}
