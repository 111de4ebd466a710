import { z } from 'zod';
import { executionId, holdId, instant, integrationId, shardTypeId, taskId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const executionState = z.enum([
  'queued',
  'running',
  'waiting',
  'paused',
  'cancelling',
  'cancelled',
  'succeeded',
  'partial',
  'failed',
]);

export const executionTrigger = z.enum(['manual', 'schedule', 'retry', 'rollback', 'webhook']);

/** `received = created + updated + unchanged + conflicted + skipped + failed`, or the run is not `succeeded`. */
export const counts = z
  .strictObject({
    received: z.int(),
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    conflicted: z.int(),
    skipped: z.int(),
    failed: z.int(),
  })
  .meta({ id: 'Counts' });

const progress = z
  .strictObject({
    phase: z.enum(['queued', 'reading', 'restoring', 'comparing', 'waiting', 'paused', 'cancelling', 'ended']),
    object: z.string().optional().describe('The object being read'),
    objectNumber: z.int().optional().describe('Which of the objects it is, counted from 1'),
    objects: z.int(),
    checkpoint: z
      .strictObject({
        from: instant.optional().describe('Only what changed at or after this instant is read'),
        to: instant.optional().describe('The newest change applied so far'),
        page: z.int().describe('Pages applied durably: the run goes on from here, whatever crashes'),
      })
      .describe('What has been applied of the object being read'),
    partitions: z.int().optional().describe('How many parts are read side by side, in a bulk run'),
    expectedRecords: z.int().optional().describe('Absent when neither the provider nor an earlier run tells'),
    recordsPerSecond: z.number().optional(),
    estimatedEndAt: instant.optional(),
    problems: z
      .array(z.strictObject({ object: z.string(), problem: z.string() }))
      .describe('Objects that were left before their end, with the reason'),
  })
  .meta({ id: 'ExecutionProgress' });

export const execution = z
  .strictObject({
    id: executionId,
    integrationId,
    taskId,
    state: executionState,
    mode: z.enum(['full', 'incremental']),
    trigger: executionTrigger,
    retryOf: executionId.optional().describe('The run that this one repeats or completes'),
    rollbackOf: executionId
      .optional()
      .describe(
        'The run that this one takes back; its counts are of shards: `updated` were taken back, `unchanged` had been before, `skipped` stay as they are',
      ),
    counts,
    pages: z.int(),
    progress,
    attempt: z.int().describe('Consecutive failures of the current page'),
    waitingUntil: instant.optional(),
    problem: z.string().optional().describe('Why it waits, failed or is partial, in words'),
    holdId: holdId.optional().describe('The hold that it waits for people to decide about'),
    comparison: z
      .array(
        z.strictObject({
          object: z.string(),
          shardTypeId,
          links: z.int().describe('Records that had been there before the run'),
          missing: z.int().describe('Of these, how many the run did not see'),
          deleted: z.int(),
          outcome: z
            .enum(['nothing', 'left', 'deleted', 'held', 'rejected'])
            .optional()
            .describe('`left`: nothing follows from what is missing, see `reason`; absent while it is being found out'),
          reason: z.string().optional(),
          holdId: holdId.optional(),
        }),
      )
      .optional()
      .describe('What a complete read did not show, where the task follows deletions'),
    createdAt: instant,
    startedAt: instant.optional(),
    finishedAt: instant.optional(),
  })
  .meta({ id: 'Execution' });

const integrationParams = z.strictObject({ integrationId });
const executionParams = z.strictObject({ integrationId, executionId });

const executionFilters = {
  taskId: taskId.optional(),
  state: executionState.optional(),
  from: instant.optional().describe('Created at or after'),
  to: instant.optional().describe('Created before'),
};

export const runTask = defineRoute({
  id: 'runTask',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/tasks/{taskId}/run',
  summary: 'Run a sync task now',
  tag: 'Executions',
  role: 'operator',
  idempotent: true,
  params: z.strictObject({ integrationId, taskId }),
  body: z.strictObject({ mode: z.enum(['full', 'incremental']).optional() }).optional(),
  success: { status: 202, body: execution, description: 'The queued execution' },
  problems: ['not-found', 'already-running', 'not-connected', 'not-published'],
});

export const listExecutions = defineRoute({
  id: 'listExecutions',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions',
  summary: 'Runs of the integration',
  tag: 'Executions',
  role: 'viewer',
  params: integrationParams,
  query: z.strictObject({ ...pageQuery, ...executionFilters }),
  success: { status: 200, body: pageOf(execution), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const listTenantExecutions = defineRoute({
  id: 'listTenantExecutions',
  method: 'GET',
  path: 'tenant/executions',
  summary: 'Runs of all integrations',
  tag: 'Executions',
  role: 'viewer',
  query: z.strictObject({ ...pageQuery, integrationId: integrationId.optional(), ...executionFilters }),
  success: { status: 200, body: pageOf(execution), description: 'A page, newest first' },
  problems: [],
});

export const getExecution = defineRoute({
  id: 'getExecution',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}',
  summary: 'One run, with live progress',
  tag: 'Executions',
  role: 'viewer',
  params: executionParams,
  success: { status: 200, body: execution, description: 'The run' },
  problems: ['not-found'],
});

export const followExecution = defineRoute({
  id: 'followExecution',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/progress',
  summary: 'Wait for news of a run (long poll)',
  tag: 'Executions',
  role: 'viewer',
  params: executionParams,
  query: z.strictObject({
    after: z
      .string()
      .max(128)
      .regex(/^[\w-]+$/, 'must be the `version` of an earlier answer')
      .optional()
      .describe('`version` of the last answer: the next one comes when the run differs from it'),
    waitSeconds: z.coerce
      .number()
      .int()
      .min(0)
      .max(30)
      .default(20)
      .describe('How long to wait for news; then the run is answered as it is'),
  }),
  success: {
    status: 200,
    body: z.strictObject({ version: z.string(), execution }).meta({ id: 'ExecutionNews' }),
    description: 'The run as it is now; at once when it has ended',
  },
  problems: ['not-found'],
});

const control = (verb: 'cancel' | 'pause' | 'resume', summary: string, description: string) =>
  defineRoute({
    id: `${verb}Execution`,
    method: 'POST',
    path: `tenant/integrations/{integrationId}/executions/{executionId}/${verb}`,
    summary,
    tag: 'Executions',
    role: 'operator',
    idempotent: true,
    params: executionParams,
    success: { status: 202, body: execution, description },
    problems: ['not-found', 'wrong-state'],
  });

export const cancelExecution = control(
  'cancel',
  'Stop a run for good, within one page',
  'The run: `cancelled`, or `cancelling` until its page is done; what was applied stays',
);
export const pauseExecution = control('pause', 'Stop a run for now, within one page', 'The paused run');
export const resumeExecution = control(
  'resume',
  'Go on with a paused run from its checkpoint',
  'The run: `queued`, or `waiting` while the provider asked to be left alone',
);

export const retryExecution = defineRoute({
  id: 'retryExecution',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/retry',
  summary: 'Run again what a finished run did, or only its failed records',
  tag: 'Executions',
  role: 'operator',
  idempotent: true,
  params: executionParams,
  body: z
    .strictObject({
      records: z
        .enum(['all', 'failed'])
        .describe(
          '`all`: the task is run again; a failed or cancelled run goes on from its checkpoint when the task and settings are as they were. ' +
            '`failed`: only the records that were set aside, with the mapping as it is now',
        ),
    })
    .optional(),
  success: { status: 202, body: execution, description: 'The new run' },
  problems: ['not-found', 'wrong-state', 'already-running', 'not-connected', 'not-published'],
});
