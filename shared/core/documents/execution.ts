import { z } from 'zod';
import { counts, executionState } from '../../contracts/executions.ts';
import { objectMapping } from '../../contracts/tasks.ts';
import { matchRuleSet } from './match-rules.ts';

/** How far one object of the run has been applied: a valid resume point at any time. */
export const checkpoint = z.strictObject({
  /** Index into `plan.objects`; equal to its length when all are done. */
  objectIndex: z.int(),
  /** Provider cursor of the next page; absent for the first page of the object. */
  cursor: z.string().optional(),
  /** Provider's clock at the object's first page (or ours, where it shows none): nothing newer may become the watermark. */
  objectStartedAt: z.string().optional(),
  /** Newest modification time applied so far for this object. */
  newestModifiedAt: z.string().optional(),
  /** Pages in a row, up to here, that held no record and named a next page; absent for none. */
  emptyPages: z.int().optional(),
  /** An expired cursor restarts the object once; the second time fails the run. */
  restarted: z.boolean(),
});

/**
 * One run of a task, container `executions`. It freezes what the run does (`plan`), so that a task edited meanwhile does not change it.
 * Every change is conditional on the ETag; `fence` names the lease holder that may move it.
 */
export const executionDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  tenantId: z.string(),
  kind: z.literal('execution'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  taskId: z.string(),
  state: executionState,
  mode: z.enum(['full', 'incremental']),
  trigger: z.enum(['manual', 'schedule']),
  plan: z.strictObject({
    objects: z.array(objectMapping),
    pageSize: z.int(),
    deletions: z.enum(['ignore', 'mirror']),
    /** Per object: read only what changed at or after this instant. Absent for a full read. */
    since: z.record(z.string(), z.string()),
    /** How duplicates are found, by shard type; absent for those without match rules. */
    matchRules: z.record(z.string(), matchRuleSet).optional(),
    /** Names the integration's settings that the run reads with; with others it reads everything anew. */
    source: z.string().optional(),
  }),
  checkpoint,
  /** Watermarks that finished objects have reached; written to the task when the run ends well. */
  watermarks: z.record(z.string(), z.string()),
  counts,
  /** Pages applied; also the number of the next page. */
  pages: z.int(),
  fence: z.int(),
  attempt: z.int(),
  /** Times that the run was found without a worker since its last page; it fails at `attempts`. */
  revivals: z.int(),
  waitingUntil: z.string().optional(),
  problem: z.string().optional(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
});

export type Checkpoint = z.infer<typeof checkpoint>;
export type ExecutionDocument = z.infer<typeof executionDocument>;

/**
 * What one page did, container `executions`, same partition as its execution. Written as `applying` with every link it will touch before
 * the first write, so that a repeat counts what an interrupted attempt did; `applied` together with the execution's checkpoint.
 */
export const pageDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  tenantId: z.string(),
  kind: z.literal('page'),
  schemaVersion: z.literal(1),
  page: z.int(),
  object: z.string(),
  state: z.enum(['applying', 'applied']),
  fence: z.int(),
  linkIds: z.array(z.string()),
  counts,
  failures: z.array(z.strictObject({ externalId: z.string().optional(), reason: z.string() })),
  at: z.string(),
});

export type PageDocument = z.infer<typeof pageDocument>;

/** The id of a run's page by its number, counted from 0; sorts by it. */
export function pageIdOf(page: number): string {
  return `page-${String(page).padStart(8, '0')}`;
}
