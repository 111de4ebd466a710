import { z } from 'zod';
import { eventTypes } from './event-schemas.ts';
import { instant, integrationId, subscriptionId, text } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

const families = [...new Set(eventTypes.map((type) => `${type.split('.')[0] ?? ''}.*` as const))];

/** A type, a family such as `sync.*`, or `*`. */
export const eventPattern = z.enum(['*', ...families, ...eventTypes]);

export const eventFilter = z.strictObject({
  type: eventPattern.describe('A type, a family such as `sync.*`, or `*`'),
  integrationId: integrationId.optional().describe('Only events about this integration'),
});

/** Where the value is, within an event, by which deliveries keep their order. */
const orderBy = z
  .string()
  .max(200)
  .regex(/^(subject|type|data(\.[A-Za-z0-9_-]{1,64}){1,8})$/, 'must be subject, type, or a path such as data.projectId')
  .describe('Events with the same value here are delivered one after the other, in their order; others do not wait');

const url = z
  .url({ protocol: /^https?$/, error: 'must be an absolute https URL', abort: true })
  .max(2000)
  .refine((value) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    return parsed !== undefined && parsed.username === '' && parsed.password === '' && parsed.hash === '';
  }, 'must have no user, password or fragment');

const fields = {
  url: url.describe('Where events are posted to: https, at a public address'),
  description: text(500).optional(),
  events: z.array(eventFilter).min(1).max(50).describe('Events that fit one of these are delivered'),
  orderBy: orderBy.optional(),
  enabled: z.boolean(),
};

export const subscription = z
  .strictObject({
    id: subscriptionId,
    ...fields,
    disabled: z
      .strictObject({
        reason: z.enum(['person', 'gone', 'failing']),
        at: instant,
        detail: z.string().describe('In words, for people'),
      })
      .optional(),
    health: z
      .strictObject({
        circuit: z
          .enum(['closed', 'open', 'half-open'])
          .describe(
            '`open`: the receiver failed often, or asked for it, and is left alone for a while; then one delivery tries it',
          ),
        consecutiveFailures: z.int(),
        failingSince: instant.optional(),
        lastSuccessAt: instant.optional(),
        lastFailureAt: instant.optional(),
      })
      .describe('How the receiver answers'),
    secrets: z
      .array(z.strictObject({ createdAt: instant, expiresAt: instant.optional() }))
      .describe('The secrets that sign at present, newest first; never their values'),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Subscription' });

const newSecret = {
  secret: z
    .string()
    .describe('Verify deliveries with it (Standard Webhooks). It is not shown again; rotate when it is lost.'),
};

const params = z.strictObject({ subscriptionId });

export const listSubscriptions = defineRoute({
  id: 'listSubscriptions',
  method: 'GET',
  path: 'tenant/subscriptions',
  summary: 'Who is told of events',
  tag: 'Subscriptions',
  role: 'viewer',
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(subscription), description: 'A page, newest first' },
  problems: [],
});

export const createSubscription = defineRoute({
  id: 'createSubscription',
  method: 'POST',
  path: 'tenant/subscriptions',
  summary: 'Have events posted to a URL, signed; the secret is shown once',
  tag: 'Subscriptions',
  role: 'admin',
  concurrency: 'answers-etag',
  body: z.strictObject({ ...fields, enabled: fields.enabled.default(true) }),
  success: {
    status: 201,
    body: subscription.extend(newSecret).meta({ id: 'NewSubscription' }),
    description: 'The subscription, with its secret',
  },
  problems: ['limit-reached'],
});

export const getSubscription = defineRoute({
  id: 'getSubscription',
  method: 'GET',
  path: 'tenant/subscriptions/{subscriptionId}',
  summary: 'One subscription, and how its receiver does',
  tag: 'Subscriptions',
  role: 'viewer',
  concurrency: 'answers-etag',
  params,
  success: { status: 200, body: subscription, description: 'The subscription' },
  problems: ['not-found'],
});

export const updateSubscription = defineRoute({
  id: 'updateSubscription',
  method: 'PATCH',
  path: 'tenant/subscriptions/{subscriptionId}',
  summary: 'Change a subscription; enabling it again forgets earlier failures',
  tag: 'Subscriptions',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params,
  body: z
    .strictObject({
      url: fields.url.optional(),
      description: text(500).nullable().optional(),
      events: fields.events.optional(),
      orderBy: orderBy.nullable().optional(),
      enabled: fields.enabled.optional(),
    })
    .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field'),
  success: { status: 200, body: subscription, description: 'The subscription as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const deleteSubscription = defineRoute({
  id: 'deleteSubscription',
  method: 'DELETE',
  path: 'tenant/subscriptions/{subscriptionId}',
  summary: 'Remove a subscription; what waits for it is not delivered any more',
  tag: 'Subscriptions',
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params,
  success: { status: 204, description: 'Removed' },
  problems: ['not-found', 'precondition-failed'],
});

export const rotateSubscriptionSecret = defineRoute({
  id: 'rotateSubscriptionSecret',
  method: 'POST',
  path: 'tenant/subscriptions/{subscriptionId}/rotate-secret',
  summary: 'Sign with a new secret; the old one signs as well until the overlap is over',
  tag: 'Subscriptions',
  role: 'admin',
  params,
  body: z.strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(7 * 86_400)
      .default(86_400)
      .describe('How long deliveries carry a signature of each'),
  }),
  success: {
    status: 200,
    body: subscription.extend(newSecret).meta({ id: 'RotatedSubscription' }),
    description: 'The subscription, with its new secret',
  },
  problems: ['not-found'],
});
