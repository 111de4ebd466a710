import { z } from 'zod';
import type { Adapter } from '../../shared/core/adapter.ts';
import { readByRules } from './read-by-rules.ts';
import { inspectRules, webhookRules } from './webhook-rule.ts';

/** The settings of a `webhook` integration: what its deliveries say of which object. They hold no secret. */
const webhookSettings = z
  .strictObject({ events: webhookRules })
  .refine(({ events }) => events.every(({ carries }) => carries === 'record'), {
    path: ['events'],
    message: 'must carry the records: there is no API to read them from',
  });

type WebhookSettings = z.infer<typeof webhookSettings>;

/** Whoever sends webhooks: their payloads are the records. There is nothing to call, so it can neither be read nor written. */
export const webhook: Adapter<WebhookSettings> = {
  id: 'webhook',
  label: 'Webhooks',
  description: 'Any sender of webhooks: what a payload says of which object is a matter of settings.',
  settings: webhookSettings,
  auth: ['none'],
  requestsPerMinute: 60,
  baseUrl: () => 'https://webhook.invalid',
  authorisation: () => ({ kind: 'none' }),
  objects: ({ events }) =>
    [...new Set(events.map(({ object }) => object))].map((name) => ({ name, incremental: false, maxPageSize: 1 })),
  check: async () => undefined,
  inspect: async ({ events }) =>
    (await inspectRules(events)).map(({ path, message }) => ({ path: ['events', ...path], message })),
  readDelivery: ({ events }, delivery) => readByRules(events, delivery),
};
