import { z } from 'zod';
import { fieldChange, writeCause } from './causes.ts';
import { execution } from './executions.ts';
import { executionId, instant, integrationId, shardId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const leftReason = z
  .enum(['changed-since', 'changed-between', 'merged', 'shared', 'gone', 'no-image'])
  .describe(
    '`changed-since`: something else wrote it after the execution. `changed-between`: something else wrote it between two writes of the execution. ' +
      '`merged`: it went into another shard, undo that merge first. `shared`: the execution created it and other records have come to it since. ' +
      '`gone`: it was erased. `no-image`: what it was before is kept no longer',
  );

const leftRecord = z
  .strictObject({
    shardId,
    reason: leftReason,
    by: writeCause.optional().describe('What wrote it'),
  })
  .meta({ id: 'LeftRecord' });

const foreseen = z
  .strictObject({
    complete: z.boolean().describe('False when there is more than one request looks at: the counts are of a part'),
    counts: z.strictObject({
      restored: z.int().describe('Shards that get the data and status that they had'),
      deleted: z.int().describe('Shards that the execution created'),
      left: z.int().describe('Shards that stay as they are, for a reason'),
      alreadyUndone: z.int().describe('Shards that an earlier rollback of the execution took back'),
    }),
    sample: z
      .array(
        z.strictObject({
          shardId,
          becomes: z.enum(['active', 'deleted', 'archived']),
          changes: z.array(fieldChange).describe('`before` is the field as it is now'),
        }),
      )
      .describe('A few of those that are restored or deleted'),
    left: z.array(leftRecord).describe('A few of those that are left'),
  })
  .meta({ id: 'ForeseenRollback' });

const executionParams = z.strictObject({ integrationId, executionId });

export const rollBackExecution = defineRoute({
  id: 'rollBackExecution',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/rollback',
  summary: 'Take back what a run wrote, where nothing newer has been written',
  tag: 'Executions',
  role: 'operator',
  idempotent: true,
  params: executionParams,
  body: z
    .strictObject({
      preview: z.boolean().default(false).describe('Only tell what would happen'),
      acceptProvider: z
        .boolean()
        .default(false)
        .describe(
          'What the provider shows at the next look at a record is taken, although it did not change there. Otherwise the next look does not undo the rollback, and the restored values go to the provider where the task pushes',
        ),
    })
    .optional(),
  success: {
    status: 202,
    body: z
      .strictObject({
        execution: execution.optional().describe('The run that does it; absent in a preview'),
        foreseen: foreseen.optional().describe('Only in a preview'),
      })
      .meta({ id: 'Rollback' }),
    description: 'The queued run with trigger `rollback`, or what it would do',
  },
  problems: ['not-found', 'wrong-state', 'already-running'],
});

export const listLeftRecords = defineRoute({
  id: 'listLeftRecords',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/executions/{executionId}/left-records',
  summary: 'The shards that a rollback left as they are, with the reasons',
  tag: 'Executions',
  role: 'viewer',
  params: executionParams,
  query: z.strictObject({ ...pageQuery, reason: leftReason.optional() }),
  success: {
    status: 200,
    body: pageOf(leftRecord.extend({ at: instant }).meta({ id: 'ListedLeftRecord' })),
    description: 'A page, in order of shard id',
  },
  problems: ['not-found'],
});
