import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { type DueDocument, dueDocument, type HealthDueDocument, healthDueDocument } from './documents/due.ts';
import type { DueEntry } from './ports.ts';

/** One kind of entries, in partitions that no other lane reads: a long line in one does not hold up the other. */
export interface DueLane<T extends DueEntry> {
  readonly buckets: readonly string[];
  readonly schema: z.ZodType<T>;
}

/** What the clock looks at; entries spread over the buckets by task. */
export const clockLane: DueLane<DueDocument> = {
  buckets: ['0', '1', '2', '3', '4', '5', '6', '7'],
  schema: dueDocument,
};

/** What the health monitor looks at; entries spread over the buckets by integration. */
export const healthLane: DueLane<HealthDueDocument> = {
  buckets: ['health-0', 'health-1', 'health-2', 'health-3'],
  schema: healthDueDocument,
};

type Key = Pick<DueEntry, 'id' | 'bucket'>;

/** Where the entry of a task, a merge or a subscription is: one of each kind. */
export function dueKey(kind: DueDocument['kind'], tenantId: string, subjectId: string): Key {
  return { id: `${kind}:${tenantId}:${subjectId}`, bucket: bucketOf(clockLane, subjectId) };
}

/** Where an integration's entry is. */
export function healthDueKey(tenantId: string, integrationId: string): Key {
  return { id: `health:${tenantId}:${integrationId}`, bucket: bucketOf(healthLane, integrationId) };
}

function bucketOf({ buckets }: Pick<DueLane<DueEntry>, 'buckets'>, id: string): string {
  const first = createHash('sha256').update(id).digest()[0] ?? 0;
  return buckets[first % buckets.length] ?? '';
}
