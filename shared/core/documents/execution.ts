import { z } from 'zod';
import { counts, executionState, executionTrigger } from '../../contracts/executions.ts';
import { bulkSetting, deletionPolicy, holdThresholds } from '../../contracts/tasks.ts';
import { comparison, objectRead, tally } from './comparison.ts';
import { plannedObject } from './conversion.ts';
import { matchRuleSet } from './match-rules.ts';

/** How far one object of the run has been applied: a valid resume point at any time. */
export const checkpoint = z.strictObject({
  /** Index into `plan.objects`; equal to its length when all are done. Of a rollback: into its steps. */
  objectIndex: z.int(),
  /** Provider cursor of the next page; absent for the first page of the object. Of a rollback: the id after which the next page begins. */
  cursor: z.string().optional(),
  /** Provider's clock at the object's first page (or ours, where it shows none): nothing newer may become the watermark. */
  objectStartedAt: z.string().optional(),
  /** Newest modification time applied so far for this object. */
  newestModifiedAt: z.string().optional(),
  /** Pages in a row, up to here, that held no record and named a next page; absent for none. */
  emptyPages: z.int().optional(),
  /** The run that this one goes on with had begun the object: what that one read of it is counted there. */
  inherited: z.literal(true).optional(),
  /** An expired cursor restarts the object once; the second time fails the run. */
  restarted: z.boolean(),
});

/** What became of one object of the plan so far. */
export const objectProgress = z.strictObject({
  received: z.int(),
  /** How many records the read is expected to bring; absent when nothing tells. */
  expected: z.int().optional(),
  /** Why the object was left before its end, in words. */
  problem: z.string().optional(),
  /** How it was read from its very start; absent when it was not, or when nothing depends on it. */
  read: objectRead.optional(),
});

/** A run that is worked on in partitions side by side, by an orchestration. */
const bulk = z.strictObject({
  /** Counts the orchestrations of the run; only the newest may do anything for it. */
  generation: z.int(),
  /** How many partitions there are; 0 until they are planned. */
  partitions: z.int(),
  /** The last of them reads nothing: it compares what the others have read with the links. */
  compares: z.literal(true).optional(),
  /** What the run had done before. */
  before: z.strictObject({ counts, pages: z.int(), progress: z.record(z.string(), objectProgress) }),
});

/** Which part of a run a partition is. */
const partition = z.strictObject({
  of: z.string(),
  index: z.int(),
  /** Index into the run's `plan.objects`. */
  objectIndex: z.int(),
});

/**
 * One run of a task, or one partition of a bulk run, which is worked on like a run of its own; container `executions`. It freezes what the run does (`plan`), so that a task edited meanwhile does not change it.
 * Every change is conditional on the ETag; `fence` names the lease holder that may move it.
 */
export const executionDocument = z.strictObject({
  id: z.string(),
  executionId: z.string(),
  tenantId: z.string(),
  kind: z.enum(['execution', 'partition']),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  taskId: z.string(),
  state: executionState,
  mode: z.enum(['full', 'incremental']),
  trigger: executionTrigger,
  /** The run that this one repeats or completes. */
  retryOf: z.string().optional(),
  plan: z.strictObject({
    objects: z.array(plannedObject),
    pageSize: z.int(),
    deletions: deletionPolicy,
    /** What is held for approval; absent in runs that were planned before anything was. */
    holds: holdThresholds.optional(),
    /** Keyed as `since`: how many records an object had when it was last read whole, where the run reads only a part. */
    known: z.record(z.string(), z.int()).optional(),
    /** Per object: read only what changed at or after this instant. Absent for a full read. */
    since: z.record(z.string(), z.string()),
    /** How duplicates are found, by shard type; absent for those without match rules. */
    matchRules: z.record(z.string(), matchRuleSet).optional(),
    /** Names the integration's settings that the run reads with; with others it reads everything anew. */
    source: z.string().optional(),
    /** Whether partitions are read side by side. */
    bulk: bulkSetting.optional(),
    /** The part of the object that a partition reads, in the adapter's terms. */
    range: z.record(z.string(), z.json()).optional(),
    /** Nothing is read: what the integration lacks of the task's shards is pushed to it. */
    pushOnly: z.literal(true).optional(),
    /** Take back what another run wrote, instead of reading anything; `acceptProvider`: until the provider is next looked at. */
    rollback: z.strictObject({ executionId: z.string(), acceptProvider: z.boolean() }).optional(),
    /** Read failed records of another run instead of the provider: all that are left, or those named. */
    failedOf: z.strictObject({ executionId: z.string(), records: z.array(z.string()).optional() }).optional(),
  }),
  bulk: bulk.optional(),
  partition: partition.optional(),
  checkpoint,
  /** By index into `plan.objects`. */
  progress: z.record(z.string(), objectProgress).default({}),
  /** Watermarks that finished objects have reached; written to the task when the run ends well. */
  watermarks: z.record(z.string(), z.string()),
  counts,
  /** What the run changes so far in shards that were there, by object and shard type. */
  tallies: z.record(z.string(), tally).optional(),
  /** The hold for which it is paused. */
  holdId: z.string().optional(),
  /** What it read, compared with the links; from when all objects have been read. */
  comparison: comparison.optional(),
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
  /** Which records the page showed, as `SeenRecords` writes them; only of objects that are compared with their links. */
  seen: z.string().optional(),
  counts,
  at: z.string(),
});

export type PageDocument = z.infer<typeof pageDocument>;

/** The id of a run's page by its number, counted from 0; sorts by it. */
export function pageIdOf(page: number): string {
  return `page-${String(page).padStart(8, '0')}`;
}

/** The id of the lease under which a run or partition is worked on: a task has one run, a partition one worker. */
export function leaseIdOf({ id, taskId, partition }: Pick<ExecutionDocument, 'id' | 'taskId' | 'partition'>): string {
  return partition === undefined ? taskId : id;
}

/** The run that a run or partition belongs to. */
export function runIdOf({ id, partition }: Pick<ExecutionDocument, 'id' | 'partition'>): string {
  return partition?.of ?? id;
}

/** The id of a run's partition; sorts by its index. */
export function partitionIdOf(executionId: string, index: number): string {
  return `${executionId}.p${String(index).padStart(4, '0')}`;
}
