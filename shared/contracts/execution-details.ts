import { z } from 'zod';
import { execution } from './executions.ts';
import { executionId, instant, integrationId, objectName, shardTypeId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const logLevel = z.enum(['info', 'warning', 'error']);

export const logEvent = z.enum([
  'state-changed',
  'object-finished',
  'object-left',
  'object-restarted',
  'read-anew',
  'partitioned',
  'records-set-aside',
  'records-suppressed',
  'worker-lost',
  'compared',
  'held',
]);

export const logEntry = z
  .strictObject({
    id: z.string(),
    at: instant,
    level: logLevel,
    event: logEvent,
    message: z.string(),
    actor: z.strictObject({ kind: z.enum(['user', 'api-key', 'system']), id: z.string() }),
    data: z.record(z.string(), z.json()).optional().describe('For a change of state: `from`, `to`, `cause`, `until`'),
  })
  .meta({ id: 'ExecutionLogEntry' });

export const failedRecordId = z.string().regex(/^fr_[\w-]{22}$/, 'must be an id that begins with "fr_"');

export const failedRecord = z
  .strictObject({
    id: failedRecordId,
    state: z.enum(['failed', 'resolved']),
    object: z.string(),
    shardTypeId: shardTypeId
      .optional()
      .describe('Absent when the record was not even read and its object feeds several'),
    target: z.string().optional().describe("Name of the mapping's target, where it has one"),
    externalId: z.string().optional().describe('Absent when the record could not even be identified'),
    recordId: z
      .string()
      .optional()
      .describe("Id of the provider's record, where the shard that it was to feed goes by another"),
    reason: z.string(),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Field by field, where it is fields of the converted record that are wrong'),
    page: z.int(),
    retryable: z.boolean().describe('Whether the record was kept: it can be tried again without the provider'),
    resolvedBy: executionId.optional().describe('The run in which it was taken after all'),
    at: instant,
  })
  .meta({ id: 'FailedRecord' });

const executionParams = z.strictObject({ integrationId, executionId });

export const listExecutionLogs = defineRoute({
  id: 'listExecutionLogs',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/logs',
  summary: 'What happened to a run',
  tag: 'Executions',
  role: 'viewer',
  params: executionParams,
  query: z.strictObject({ ...pageQuery, level: logLevel.optional(), event: logEvent.optional() }),
  success: { status: 200, body: pageOf(logEntry), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const listFailedRecords = defineRoute({
  id: 'listFailedRecords',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/failed-records',
  summary: 'The records that a run set aside, with the reasons',
  tag: 'Executions',
  role: 'viewer',
  params: executionParams,
  query: z.strictObject({
    ...pageQuery,
    state: z.enum(['failed', 'resolved']).optional(),
    object: objectName.optional(),
  }),
  success: { status: 200, body: pageOf(failedRecord), description: 'A page, in order of id' },
  problems: ['not-found'],
});

export const retryFailedRecord = defineRoute({
  id: 'retryFailedRecord',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/failed-records/{failedRecordId}/retry',
  summary: 'Try one failed record again, with the mapping as it is now',
  tag: 'Executions',
  role: 'operator',
  idempotent: true,
  params: z.strictObject({ integrationId, executionId, failedRecordId }),
  success: { status: 202, body: execution, description: 'The run that tries it' },
  problems: ['not-found', 'wrong-state', 'already-running', 'not-connected', 'not-published'],
});
