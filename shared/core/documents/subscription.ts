import { z } from 'zod';
import { eventFilter } from '../../contracts/subscriptions.ts';

/** One version of a subscription's signing secret; the secret itself is in Key Vault. */
const signingSecret = z.strictObject({ version: z.string(), createdAt: z.string() });

/** A URL that events are posted to, container `config`. */
export const subscriptionDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('subscription'),
  schemaVersion: z.literal(1),
  url: z.string(),
  description: z.string().optional(),
  events: z.array(eventFilter),
  /** Where, within an event, the value is by which deliveries keep their order. */
  orderBy: z.string().optional(),
  enabled: z.boolean(),
  /** Events that happened before are none of it: moves forward whenever it is enabled again. */
  activeSince: z.string(),
  /** `told` once the event and the audit entry were written. */
  disabled: z
    .strictObject({
      reason: z.enum(['person', 'gone', 'failing']),
      at: z.string(),
      detail: z.string(),
      told: z.boolean(),
    })
    .optional(),
  secret: signingSecret,
  /** Signs besides the current one until then. */
  previousSecret: signingSecret.extend({ expiresAt: z.string() }).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type SubscriptionDocument = z.infer<typeof subscriptionDocument>;

/** How a subscription's receiver answers, container `config`: the circuit breaker's state, apart because it changes often. */
export const endpointDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('endpoint'),
  schemaVersion: z.literal(1),
  subscriptionId: z.string(),
  circuit: z.enum(['closed', 'open', 'half-open']),
  /** `open`: when one delivery may try the receiver; `half-open`: until when that one is waited for. */
  until: z.string().optional(),
  /** Until when it is taken to be slow: what is sent to it then goes by a queue of its own kind. */
  slowUntil: z.string().optional(),
  /** How often it opened in a row: the pauses get longer. */
  openings: z.int(),
  consecutiveFailures: z.int(),
  failingSince: z.string().optional(),
  lastSuccessAt: z.string().optional(),
  lastFailureAt: z.string().optional(),
});

export type EndpointDocument = z.infer<typeof endpointDocument>;

/** Its document's id: one a subscription. */
export function endpointIdOf(subscriptionId: string): string {
  return `endpoint:${subscriptionId}`;
}
