import { z } from 'zod';
import { executionId, holdId, instant, integrationId, shardId, shardTypeId, taskId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const holdState = z.enum(['open', 'approved', 'done', 'rejected', 'superseded', 'cancelled']);

export const hold = z
  .strictObject({
    id: holdId,
    state: holdState.describe(
      '`approved`: it is being carried out; `done`: it was, or its run goes on; `superseded`: a later run saw otherwise, or its run has ended',
    ),
    kind: z
      .enum(['delete-missing', 'delete-marked', 'overwrite-field'])
      .describe(
        '`delete-missing`: records that a complete read did not show; `delete-marked`: records that the provider says are deleted; ' +
          '`overwrite-field`: many records whose same field loses its value or gets one and the same',
      ),
    integrationId,
    taskId,
    executionId: executionId.describe(
      'The run that was stopped; with the last two kinds it is paused until a decision',
    ),
    object: z.string(),
    shardTypeId,
    records: z.int().describe('How many would be affected'),
    of: z.int().describe('Of how many'),
    reason: z.string(),
    effect: z.string().describe('What happens when it is approved'),
    field: z.string().optional().describe('The field that would be overwritten'),
    to: z.json().optional().describe('What it would become; absent for nothing'),
    sample: z
      .array(
        z.strictObject({
          shardId,
          externalId: z.string(),
          data: z.record(z.string(), z.unknown()).describe('The shard as it is now'),
          from: z.json().optional().describe('What the field is now'),
        }),
      )
      .optional()
      .describe('Some of the records; only where one hold is asked for'),
    deleted: z.int().optional().describe('How many have been deleted or archived so far'),
    problem: z.string().optional(),
    decidedBy: z.string().optional(),
    decidedAt: instant.optional(),
    finishedAt: instant.optional(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Hold' });

const holdParams = z.strictObject({ holdId });

export const listHolds = defineRoute({
  id: 'listHolds',
  method: 'GET',
  path: 'tenant/holds',
  summary: 'Actions that were stopped for approval',
  tag: 'Holds',
  role: 'viewer',
  query: z.strictObject({
    ...pageQuery,
    state: holdState.default('open'),
    integrationId: integrationId.optional(),
    taskId: taskId.optional(),
  }),
  success: { status: 200, body: pageOf(hold), description: 'A page, newest first' },
  problems: [],
});

export const getHold = defineRoute({
  id: 'getHold',
  method: 'GET',
  path: 'tenant/holds/{holdId}',
  summary: 'One hold, with a sample of what it would do',
  tag: 'Holds',
  role: 'viewer',
  concurrency: 'answers-etag',
  params: holdParams,
  success: { status: 200, body: hold, description: 'The hold' },
  problems: ['not-found'],
});

const decision = (verb: 'approve' | 'reject' | 'cancel', summary: string, description: string) =>
  defineRoute({
    id: `${verb}Hold`,
    method: 'POST',
    path: `tenant/holds/{holdId}/${verb}`,
    summary,
    tag: 'Holds',
    role: 'operator',
    idempotent: true,
    concurrency: 'optional',
    params: holdParams,
    success: { status: 200, body: hold, description },
    problems: ['not-found', 'precondition-failed', 'wrong-state'],
  });

export const approveHold = decision(
  'approve',
  'Do it: delete the records that are still missing, or let the run go on',
  'The hold, `approved`. One that was rejected is asked again when a run comes to it, or carried out, where it is deletions',
);
export const rejectHold = decision(
  'reject',
  'Do not do it, and do not ask again for just this; a paused run ends as cancelled',
  'The hold, `rejected`',
);
export const cancelHold = decision(
  'cancel',
  'Stop carrying out an approved hold; what was deleted so far stays deleted until it is seen again',
  'The hold, `cancelled`',
);
