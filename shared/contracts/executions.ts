import { z } from 'zod';
import { executionId, instant, integrationId, taskId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const executionState = z.enum(['queued', 'running', 'waiting', 'succeeded', 'partial', 'failed']);

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

export const execution = z
  .strictObject({
    id: executionId,
    integrationId,
    taskId,
    state: executionState,
    mode: z.enum(['full', 'incremental']),
    trigger: z.enum(['manual', 'schedule']),
    counts,
    pages: z.int(),
    object: z.string().optional().describe('The object being read'),
    recordsPerSecond: z.number().optional(),
    attempt: z.int().describe('Consecutive failures of the current page; the run fails at 3'),
    waitingUntil: instant.optional(),
    problem: z.string().optional().describe('Why it waits or failed, in words'),
    createdAt: instant,
    startedAt: instant.optional(),
    finishedAt: instant.optional(),
  })
  .meta({ id: 'Execution' });

const integrationParams = z.strictObject({ integrationId });

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
  query: z.strictObject({ ...pageQuery, taskId: taskId.optional(), state: executionState.optional() }),
  success: { status: 200, body: pageOf(execution), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const getExecution = defineRoute({
  id: 'getExecution',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}',
  summary: 'One run, with live progress',
  tag: 'Executions',
  role: 'viewer',
  params: z.strictObject({ integrationId, executionId }),
  success: { status: 200, body: execution, description: 'The run' },
  problems: ['not-found'],
});
