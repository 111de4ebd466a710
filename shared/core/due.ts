import { createHash } from 'node:crypto';
import type { DueDocument } from './documents/due.ts';

/** The clock reads this many partitions; entries spread over them by task. */
export const dueBuckets = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;

/** Where the entry of a task or a merge is: one of each kind. */
export function dueKey(kind: DueDocument['kind'], tenantId: string, subjectId: string): { id: string; bucket: string } {
  const first = createHash('sha256').update(subjectId).digest()[0] ?? 0;
  return { id: `${kind}:${tenantId}:${subjectId}`, bucket: String(first % dueBuckets.length) };
}
