import { z } from 'zod';

const due = z.strictObject({
  id: z.string(),
  bucket: z.string(),
  schemaVersion: z.literal(1),
  tenantId: z.string(),
  dueAt: z.string(),
});

/** `schedule` starts a task's next run; `watch` looks after a run in progress. */
const taskDueDocument = due.extend({
  kind: z.enum(['schedule', 'watch']),
  integrationId: z.string(),
  taskId: z.string(),
  executionId: z.string().optional(),
});

/** Goes on with a merge or its undo, should whoever began it have died. */
const mergeDueDocument = due.extend({
  kind: z.literal('merge'),
  mergeId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Looks whether an integration still lacks something, should its message have been lost. */
const pushDueDocument = due.extend({
  kind: z.literal('push'),
  integrationId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Goes on with a record that is made, changed or deleted here, should whoever began it have died. */
const ownRecordDueDocument = due.extend({
  kind: z.literal('own-record'),
  linkId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Looks after what waits to be sent to a subscription, should its messages be lost. */
const dispatchesDueDocument = due.extend({
  kind: z.literal('dispatches'),
  subscriptionId: z.string(),
  /** Nothing waited when it was last looked at, and nobody has relied on the entry since. */
  idle: z.literal(true).optional(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Looks for deliveries of an integration that lost their worker, their message or their wake-up. */
const deliveriesDueDocument = due.extend({
  kind: z.literal('deliveries'),
  integrationId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
  /** Another one each time somebody relies on the entry: whoever removes it meanwhile is refused. */
  touch: z.string(),
});

/** Starts one incremental run of a task for all the hints that came until then. */
const pullDueDocument = due.extend({
  kind: z.literal('pull'),
  integrationId: z.string(),
  taskId: z.string(),
  executionId: z.undefined().optional(),
  /** Of the newest hint: the run that is started answers for it, and its id follows from it. */
  touch: z.string(),
});

/** Goes on with a replay, should its message have been lost. */
const replayDueDocument = due.extend({
  kind: z.literal('replay'),
  replayId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Looks after a conflict that waits for a person, or is being decided, should its orchestration be lost. */
const conflictDueDocument = due.extend({
  kind: z.literal('conflict'),
  conflictId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Goes on with an erasure, should whoever does so die. */
const erasureDueDocument = due.extend({
  kind: z.literal('erasure'),
  erasureId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Goes on with what people decided about a hold, should whoever does so die. */
const holdDueDocument = due.extend({
  kind: z.literal('hold'),
  holdId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Goes on with a bulk resolution of conflicts, should its orchestration be lost. */
const conflictResolutionDueDocument = due.extend({
  kind: z.literal('conflict-resolution'),
  resolutionId: z.string(),
  taskId: z.undefined().optional(),
  executionId: z.undefined().optional(),
});

/** Something the clock must look at, container `due`: the only documents read across tenants, through one system-wide port. */
export const dueDocument = z.union([
  taskDueDocument,
  mergeDueDocument,
  pushDueDocument,
  ownRecordDueDocument,
  dispatchesDueDocument,
  deliveriesDueDocument,
  pullDueDocument,
  replayDueDocument,
  holdDueDocument,
  conflictDueDocument,
  conflictResolutionDueDocument,
  erasureDueDocument,
]);

export type PushDueDocument = z.infer<typeof pushDueDocument>;
export type TaskDueDocument = z.infer<typeof taskDueDocument>;
export type DeliveriesDueDocument = z.infer<typeof deliveriesDueDocument>;
export type PullDueDocument = z.infer<typeof pullDueDocument>;
export type ReplayDueDocument = z.infer<typeof replayDueDocument>;
export type DueDocument = z.infer<typeof dueDocument>;
export type DispatchesDueDocument = z.infer<typeof dispatchesDueDocument>;

/** An integration whose health is to be looked at, container `due`, in buckets of its own: each integration has one at all times. */
export const healthDueDocument = z.strictObject({
  id: z.string(),
  bucket: z.string(),
  schemaVersion: z.literal(1),
  kind: z.literal('health'),
  tenantId: z.string(),
  integrationId: z.string(),
  dueAt: z.string(),
});

export type HealthDueDocument = z.infer<typeof healthDueDocument>;
