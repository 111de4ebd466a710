import { z } from 'zod';
import { instant, integrationId, objectName, shardId, shardTypeId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

/** How the writing to an integration stands. */
export const pushState = z
  .strictObject({
    state: z
      .enum(['idle', 'writing', 'waiting'])
      .describe('`waiting`: the provider asked for a pause, or failed; it goes on by itself'),
    waitingUntil: instant.optional(),
    problem: z.string().optional().describe('Why it waits, in words'),
    unsettled: z.int().describe('Writes of which it is not known yet whether the provider took them'),
    totals: z.strictObject({
      created: z.int(),
      updated: z.int(),
      deleted: z.int(),
      rejected: z.int(),
      conflicts: z.int().describe('Records that had moved on at the provider'),
    }),
    lastPushedAt: instant.optional(),
  })
  .meta({ id: 'PushState' });

export const pushProblem = z
  .strictObject({
    shardId,
    shardTypeId,
    object: z.string(),
    state: z
      .enum(['failed', 'held'])
      .describe('`failed`: the provider does not take it as it is. `held`: a person has to say whether it was created'),
    reason: z.string(),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
    at: instant,
  })
  .meta({ id: 'PushProblem' });

const params = z.strictObject({ integrationId });

export const getPushState = defineRoute({
  id: 'getPushState',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/push',
  summary: 'How the writing to an integration stands',
  tag: 'Pushes',
  role: 'viewer',
  params,
  success: { status: 200, body: pushState, description: 'The state' },
  problems: ['not-found'],
});

export const resumePush = defineRoute({
  id: 'resumePush',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/push/resume',
  summary: 'Go on writing now, instead of when the pause is over',
  tag: 'Pushes',
  role: 'operator',
  idempotent: true,
  params,
  success: { status: 202, body: pushState, description: 'The state' },
  problems: ['not-found'],
});

export const listPushProblems = defineRoute({
  id: 'listPushProblems',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/push/problems',
  summary: 'Shards that could not be written, with the reason',
  tag: 'Pushes',
  role: 'viewer',
  params,
  query: z.strictObject({ ...pageQuery, state: z.enum(['failed', 'held']).default('failed') }),
  success: { status: 200, body: pageOf(pushProblem), description: 'A page, newest shard first' },
  problems: ['not-found'],
});

export const retryPush = defineRoute({
  id: 'retryPush',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/push/problems/{shardId}/retry',
  summary: 'Write a shard again that could not be written',
  tag: 'Pushes',
  role: 'operator',
  idempotent: true,
  params: z.strictObject({ integrationId, shardId }),
  body: z
    .strictObject({
      object: objectName.optional().describe('Needed only where the shard is written to several objects'),
      created: z
        .union([z.literal(false), z.strictObject({ externalId: text(1024) })])
        .optional()
        .describe('Of one that is held: the record that the provider did create, or `false` if it did not'),
    })
    .optional(),
  success: { status: 202, body: pushState, description: 'How the writing stands' },
  problems: ['not-found', 'wrong-state', 'in-use', 'not-connected', 'provider-failed'],
});
