import { z } from 'zod';
import { deliveryId, instant, integrationId, replayId, shardTypeId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';
import { deliveryState } from './webhooks.ts';

const delivery = z
  .strictObject({
    id: deliveryId,
    integrationId,
    provider: z.string(),
    receivedAt: instant,
    state: deliveryState,
    eventId: z.string().optional().describe('As the provider names what happened'),
    eventType: z.string().optional(),
    bytes: z.int().describe('Size of the body'),
    records: z.array(z.string()).describe('What it is about, as far as it is known: `object/externalId`'),
    attempts: z.int().describe('Tries begun so far'),
    nextAttemptAt: instant.optional(),
    reason: z.string().optional().describe('Why it failed or was ignored, the last time'),
    endedAt: instant.optional(),
    replayOf: deliveryId.optional().describe('The delivery that this one repeats'),
  })
  .meta({ id: 'Delivery' });

const change = z.strictObject({
  object: z.string(),
  externalId: z.string(),
  shardTypeId,
  linkId: z.string(),
  shardId: z.string().optional(),
  outcome: z.enum(['created', 'updated', 'unchanged', 'conflicted', 'skipped']),
});

const deliveryDetails = delivery
  .extend({
    request: z.strictObject({
      method: z.string(),
      headers: z.record(z.string(), z.string()).describe('What proves the sender is masked'),
      query: z.string().optional(),
      contentType: z.string().optional(),
      sourceAddress: z.string().optional(),
    }),
    body: z.strictObject({
      encoding: z.enum(['utf-8', 'base64']),
      content: z.string().describe('As it arrived'),
      sha256: z.string(),
    }),
    verification: z.strictObject({
      kind: z.string(),
      secret: z.enum(['current', 'previous']).optional(),
      detail: z.string().describe('What was proved'),
    }),
    identity: z.enum(['event-id', 'content', 'none', 'replay']).describe('By what a repeat would have been known'),
    signedAt: instant.optional(),
    history: z
      .array(
        z.strictObject({
          number: z.int(),
          startedAt: instant,
          endedAt: instant,
          outcome: z.enum(['processed', 'ignored', 'failed', 'dead']),
          reason: z.string().optional(),
        }),
      )
      .describe('The newest tries, oldest first'),
    result: z
      .strictObject({
        counts: z.record(z.string(), z.int()).describe('Records by what became of them'),
        changes: z.array(change).describe('The first of them'),
        failures: z.array(
          z.strictObject({
            object: z.string().optional(),
            externalId: z.string().optional(),
            reason: z.string(),
            fields: z.array(z.string()).optional(),
          }),
        ),
        suppressed: z.int().optional().describe('Of those that were skipped, records of people who were erased'),
        pulls: z
          .array(z.strictObject({ taskId: z.string(), object: z.string() }))
          .describe('Incremental runs that were asked for'),
      })
      .optional(),
    replay: z
      .strictObject({
        of: deliveryId,
        root: deliveryId.describe('The delivery that arrived'),
        replayId: replayId.optional(),
        actorId: z.string(),
        at: instant,
      })
      .optional(),
  })
  .meta({ id: 'DeliveryDetails' });

const replayState = z.enum(['running', 'cancelled', 'done']);

const replay = z
  .strictObject({
    id: replayId,
    action: z.enum(['replay', 'redrive']),
    state: replayState,
    selection: z.strictObject({
      deliveries: z.int().optional().describe('So many were named'),
      from: instant.optional().describe('Or those that arrived from this instant on …'),
      to: instant.optional().describe('… and before this one'),
      integrationId: integrationId.optional(),
      states: z.array(deliveryState).optional(),
    }),
    progress: z.strictObject({
      seen: z.int(),
      done: z.int().describe('Delivered anew, or given new tries'),
      skipped: z.int().describe('No longer there, or not in a state for it'),
      reachedAt: instant.optional().describe('Of a span of time: up to when its deliveries were looked at'),
      total: z.int().optional().describe('Of a selection: how many were named'),
    }),
    createdAt: instant,
    updatedAt: instant,
    finishedAt: instant.optional(),
  })
  .meta({ id: 'WebhookReplay' });

const deliveryParams = z.strictObject({ deliveryId });
const replayParams = z.strictObject({ replayId });

export const listDeliveries = defineRoute({
  id: 'listDeliveries',
  method: 'GET',
  path: 'webhooks/deliveries',
  summary: 'Webhook deliveries of the last 30 days',
  tag: 'Webhooks in',
  role: 'viewer',
  query: z.strictObject({
    ...pageQuery,
    integrationId: integrationId.optional(),
    state: deliveryState.optional(),
    from: instant.optional().describe('Arrived at or after this instant'),
    to: instant.optional().describe('Arrived before this instant'),
    eventId: text(512).optional(),
    record: text(512).optional().describe('About this record: `object/externalId`'),
    text: text(200)
      .optional()
      .describe('In the body, in any case of letters; bodies over 48 KB are not looked through'),
  }),
  success: { status: 200, body: pageOf(delivery), description: 'A page, newest first' },
  problems: [],
});

export const getDelivery = defineRoute({
  id: 'getDelivery',
  method: 'GET',
  path: 'webhooks/deliveries/{deliveryId}',
  summary: 'One delivery: request, body, verification, tries and what it changed',
  tag: 'Webhooks in',
  role: 'viewer',
  params: deliveryParams,
  success: { status: 200, body: deliveryDetails, description: 'The delivery' },
  problems: ['not-found'],
});

export const replayDelivery = defineRoute({
  id: 'replayDelivery',
  method: 'POST',
  path: 'webhooks/deliveries/{deliveryId}/replay',
  summary: 'Deliver it anew, although it is known',
  tag: 'Webhooks in',
  role: 'operator',
  idempotent: true,
  params: deliveryParams,
  success: { status: 202, body: replay, description: 'The replay' },
  problems: ['not-found'],
});

export const redriveDelivery = defineRoute({
  id: 'redriveDelivery',
  method: 'POST',
  path: 'webhooks/deliveries/{deliveryId}/redrive',
  summary: 'Give a dead, ignored or waiting delivery new tries',
  tag: 'Webhooks in',
  role: 'operator',
  idempotent: true,
  params: deliveryParams,
  success: { status: 202, body: delivery, description: 'The delivery, about to be tried' },
  problems: ['not-found', 'wrong-state'],
});

const selection = {
  deliveryIds: z.array(deliveryId).min(1).max(500).optional().describe('Those that are meant, or a span of time'),
  from: instant.optional(),
  to: instant.optional(),
  integrationId: integrationId.optional(),
  states: z
    .array(deliveryState)
    .min(1)
    .max(6)
    .optional()
    .describe('Of a span of time: only those; a redrive takes the dead ones unless it says otherwise'),
};

export const createReplay = defineRoute({
  id: 'createReplay',
  method: 'POST',
  path: 'webhooks/replays',
  summary: 'Replay or redrive several deliveries',
  tag: 'Webhooks in',
  role: 'operator',
  idempotent: true,
  body: z
    .strictObject({ action: z.enum(['replay', 'redrive']).default('replay'), ...selection })
    .refine(({ deliveryIds, from, to }) => (deliveryIds === undefined) === (from !== undefined && to !== undefined), {
      path: ['deliveryIds'],
      message: 'or "from" and "to" are needed, not both',
    })
    .refine(({ from = '', to = '' }) => (from === '' && to === '') || Date.parse(from) < Date.parse(to), {
      path: ['to'],
      message: 'must be later than "from"',
    })
    .refine(
      ({ deliveryIds, integrationId: of, states }) =>
        deliveryIds === undefined || (of === undefined && states === undefined),
      { path: ['deliveryIds'], message: 'and filters exclude each other' },
    ),
  success: { status: 202, body: replay, description: 'The replay, which goes on by itself' },
  problems: [],
});

export const listReplays = defineRoute({
  id: 'listReplays',
  method: 'GET',
  path: 'webhooks/replays',
  summary: 'Replays and redrives of the last 30 days',
  tag: 'Webhooks in',
  role: 'viewer',
  query: z.strictObject({
    ...pageQuery,
    state: replayState.optional(),
    integrationId: integrationId.optional().describe('Of spans of time that are about this integration alone'),
  }),
  success: { status: 200, body: pageOf(replay), description: 'A page, newest first' },
  problems: [],
});

export const getReplay = defineRoute({
  id: 'getReplay',
  method: 'GET',
  path: 'webhooks/replays/{replayId}',
  summary: 'How far a replay is',
  tag: 'Webhooks in',
  role: 'viewer',
  params: replayParams,
  success: { status: 200, body: replay, description: 'The replay' },
  problems: ['not-found'],
});

export const cancelReplay = defineRoute({
  id: 'cancelReplay',
  method: 'POST',
  path: 'webhooks/replays/{replayId}/cancel',
  summary: 'Stop a replay; what it has done stays done',
  tag: 'Webhooks in',
  role: 'operator',
  idempotent: true,
  params: replayParams,
  success: { status: 200, body: replay, description: 'The replay as it ended' },
  problems: ['not-found', 'wrong-state'],
});
