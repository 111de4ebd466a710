import { z } from 'zod';
import { eventType } from './events.ts';
import { dispatchId, eventId, eventReplayId, instant, subscriptionId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';
import { eventPattern } from './subscriptions.ts';

export const dispatchState = z.enum(['waiting', 'delivered', 'dead']);

/** One POST to the receiver, and what came of it. */
export const dispatchAttempt = z
  .strictObject({
    at: instant,
    durationMs: z.int(),
    outcome: z.enum(['delivered', 'refused', 'failed']).describe('`failed`: there was no answer'),
    status: z.int().optional().describe('HTTP status of the answer'),
    problem: z.string().optional().describe('In words, for people'),
    excerpt: z.string().optional().describe('The beginning of the answer, without secrets'),
  })
  .meta({ id: 'DispatchAttempt' });

export const dispatch = z
  .strictObject({
    id: dispatchId,
    subscriptionId,
    eventId,
    eventType,
    subject: z.string(),
    state: dispatchState.describe('`dead`: it was given up'),
    test: z.boolean(),
    replayOf: dispatchId.optional().describe('The dispatch that it repeats'),
    replayId: eventReplayId.optional().describe('The replay that it belongs to'),
    attempts: z.array(dispatchAttempt).describe('The last 20, oldest first'),
    attemptCount: z.int(),
    nextAttemptAt: instant.optional(),
    problem: z.string().optional().describe('Why it waits or was given up, in words'),
    createdAt: instant,
    endedAt: instant.optional(),
  })
  .meta({ id: 'Dispatch' });

const subscriptionParams = z.strictObject({ subscriptionId });
const dispatchParams = z.strictObject({ subscriptionId, dispatchId });
const replayParams = z.strictObject({ subscriptionId, replayId: eventReplayId });

export const testSubscription = defineRoute({
  id: 'testSubscription',
  method: 'POST',
  path: 'tenant/subscriptions/{subscriptionId}/test',
  summary: 'Send a test event now, and see what comes of it',
  tag: 'Subscriptions',
  role: 'operator',
  params: subscriptionParams,
  success: { status: 200, body: dispatch, description: 'The test, with its attempt' },
  problems: ['not-found'],
});

export const listDispatches = defineRoute({
  id: 'listDispatches',
  method: 'GET',
  path: 'tenant/subscriptions/{subscriptionId}/dispatches',
  summary: 'What was sent to a subscription in the last 30 days, with every attempt',
  tag: 'Subscriptions',
  role: 'viewer',
  params: subscriptionParams,
  query: z.strictObject({
    ...pageQuery,
    state: dispatchState.optional(),
    eventId: eventId.optional(),
    eventType: eventType.optional(),
    replayId: eventReplayId.optional(),
  }),
  success: { status: 200, body: pageOf(dispatch), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const getDispatch = defineRoute({
  id: 'getDispatch',
  method: 'GET',
  path: 'tenant/subscriptions/{subscriptionId}/dispatches/{dispatchId}',
  summary: 'One dispatch, with the body that is sent',
  tag: 'Subscriptions',
  role: 'viewer',
  params: dispatchParams,
  success: {
    status: 200,
    body: dispatch.extend({ body: z.string().describe('JSON text, as it is signed') }).meta({ id: 'DispatchWithBody' }),
    description: 'The dispatch',
  },
  problems: ['not-found'],
});

export const replayDispatch = defineRoute({
  id: 'replayDispatch',
  method: 'POST',
  path: 'tenant/subscriptions/{subscriptionId}/dispatches/{dispatchId}/replay',
  summary: 'Send the same event again; receivers see the same webhook-id',
  tag: 'Subscriptions',
  role: 'operator',
  idempotent: true,
  params: dispatchParams,
  success: { status: 202, body: dispatch, description: 'The new dispatch' },
  problems: ['not-found', 'wrong-state'],
});

export const eventReplay = z
  .strictObject({
    id: eventReplayId,
    subscriptionId,
    state: z.enum(['running', 'done', 'cancelled']),
    since: instant,
    until: instant,
    only: z.enum(['undelivered', 'all']),
    type: eventPattern.optional(),
    examined: z.int().describe('Events looked at so far'),
    dispatched: z.int().describe('Dispatches made so far; list them by `replayId`'),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'EventReplay' });

export const replayEvents = defineRoute({
  id: 'replayEvents',
  method: 'POST',
  path: 'tenant/subscriptions/{subscriptionId}/replays',
  summary: 'Send the events of a time range to a subscription again, or for the first time',
  tag: 'Subscriptions',
  role: 'operator',
  idempotent: true,
  params: subscriptionParams,
  body: z.strictObject({
    since: instant,
    until: instant.optional().describe('Now unless given'),
    only: z
      .enum(['undelivered', 'all'])
      .default('undelivered')
      .describe('`undelivered`: without those whose first dispatch arrived'),
    type: eventPattern.optional().describe("Only these, among the subscription's own events"),
  }),
  success: { status: 202, body: eventReplay, description: 'The replay, which goes on by itself' },
  problems: ['not-found', 'wrong-state'],
});

export const getEventReplay = defineRoute({
  id: 'getEventReplay',
  method: 'GET',
  path: 'tenant/subscriptions/{subscriptionId}/replays/{replayId}',
  summary: 'How far a replay is',
  tag: 'Subscriptions',
  role: 'viewer',
  params: replayParams,
  success: { status: 200, body: eventReplay, description: 'The replay' },
  problems: ['not-found'],
});

export const cancelEventReplay = defineRoute({
  id: 'cancelEventReplay',
  method: 'POST',
  path: 'tenant/subscriptions/{subscriptionId}/replays/{replayId}/cancel',
  summary: 'Make no further dispatches of a replay; those made are still sent',
  tag: 'Subscriptions',
  role: 'operator',
  idempotent: true,
  params: replayParams,
  success: { status: 200, body: eventReplay, description: 'The replay' },
  problems: ['not-found', 'wrong-state'],
});
