import { z } from 'zod';
import { instant, integrationId, tenantId } from './identifiers.ts';
import { defineRoute } from './route.ts';
import { webhookHandshake, webhookIdentity, webhookSourceRanges, webhookVerification } from './webhooks.ts';

/** As providers issue them: printable, without spaces at either end. */
const secretText = z
  .string()
  .min(8)
  .max(1024)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without spaces at either end');

const settings = {
  verification: webhookVerification,
  sourceRanges: webhookSourceRanges.optional().describe('Beyond the verification: where deliveries may come from'),
  identity: webhookIdentity
    .optional()
    .describe(
      'What makes two requests the same delivery; absent: what the provider is known to send, else the content',
    ),
  handshake: webhookHandshake
    .optional()
    .describe('How the provider proves the URL, where its kind of verification does not say it'),
};

const webhookEndpoint = z
  .strictObject({
    integrationId,
    url: z.string().describe('What to set at the provider; `{secret}` stands for the secret where the URL holds it'),
    ...settings,
    secrets: z
      .array(
        z.strictObject({
          hint: z.string().optional().describe('The last characters of the secret'),
          addedAt: instant,
          endsAt: instant.optional().describe('Until when it holds beside the newer one'),
        }),
      )
      .describe('Those that hold at the moment, the newest first; never the secrets themselves'),
    secret: z.string().optional().describe('A secret that was made now. It cannot be shown again.'),
    updatedAt: instant,
  })
  .meta({ id: 'WebhookEndpoint' });

const params = z.strictObject({ integrationId });

export const getWebhookEndpoint = defineRoute({
  id: 'getWebhookEndpoint',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/webhook',
  summary: "How the integration's webhooks are verified, and the URL to set at the provider",
  tag: 'Webhooks in',
  role: 'viewer',
  concurrency: 'answers-etag',
  params,
  success: { status: 200, body: webhookEndpoint, description: 'The settings, with secrets masked' },
  problems: ['not-found'],
});

export const setWebhookEndpoint = defineRoute({
  id: 'setWebhookEndpoint',
  method: 'PUT',
  path: 'tenant/integrations/{integrationId}/webhook',
  summary: 'Take webhooks, and say how they are verified; the secret goes to Key Vault',
  tag: 'Webhooks in',
  role: 'admin',
  concurrency: 'optional',
  params,
  body: z.strictObject({
    ...settings,
    secret: secretText
      .optional()
      .describe(
        'As the provider issued it. Absent: the one that holds stays, or one is made where the provider lets you choose.',
      ),
  }),
  success: { status: 200, body: webhookEndpoint, description: 'The settings as they are now' },
  problems: ['not-found', 'precondition-failed'],
});

export const rotateWebhookSecret = defineRoute({
  id: 'rotateWebhookSecret',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/webhook/rotate',
  summary: 'Give a new secret; the old one holds for a while beside it',
  tag: 'Webhooks in',
  role: 'admin',
  params,
  body: z.strictObject({
    secret: secretText.optional().describe('Absent: one is made and shown once'),
    keep: z
      .enum(['current', 'previous'])
      .default('current')
      .describe(
        'Which of two that hold goes on beside the new one; `previous` when the answer to the last rotation was lost',
      ),
    overlapMinutes: z.int().min(0).max(43_200).default(1440).describe('How long the old secret still holds'),
  }),
  success: { status: 200, body: webhookEndpoint, description: 'The settings as they are now' },
  problems: ['not-found', 'wrong-state'],
});

export const deleteWebhookEndpoint = defineRoute({
  id: 'deleteWebhookEndpoint',
  method: 'DELETE',
  path: 'tenant/integrations/{integrationId}/webhook',
  summary: 'Take no more webhooks, and erase the secret',
  tag: 'Webhooks in',
  role: 'admin',
  params,
  success: { status: 204, description: 'None are taken' },
  problems: ['not-found'],
});

const refusals = z
  .strictObject({
    integrationId,
    days: z
      .array(
        z.strictObject({
          day: z.iso.date(),
          count: z.int(),
          reasons: z.array(z.strictObject({ reason: z.string(), count: z.int() })).describe('The most frequent first'),
        }),
      )
      .describe('The last days (UTC) on which there were any, the newest first; the last seconds may be missing'),
    recent: z
      .array(
        z.strictObject({
          at: instant,
          reason: z.string(),
          method: z.enum(['GET', 'POST']),
          sourceAddress: z.string().optional().describe("The caller's address, as the trusted front end says"),
          headers: z.array(z.string()).describe('Names of the headers that came, without their values'),
          bytes: z.int().describe('Size of the body'),
        }),
      )
      .describe('A few of each reason, the newest first'),
  })
  .meta({ id: 'WebhookRefusals' });

export const getWebhookRefusals = defineRoute({
  id: 'getWebhookRefusals',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/webhook/refusals',
  summary: "Why the integration's webhooks are refused: counts by day and reason, with samples",
  tag: 'Webhooks in',
  role: 'viewer',
  params,
  success: { status: 200, body: refusals, description: 'What was refused lately' },
  problems: ['not-found'],
});

const senderParams = z.strictObject({ integrationId, tenantId });

const received = z.strictObject({ status: z.enum(['stored', 'known']) }).meta({ id: 'ReceivedDelivery' });

const intake = {
  tag: 'Webhooks in',
  role: 'public',
  raw: true,
  problems: ['unverified', 'payload-too-large', 'unsupported-media-type', 'length-required', 'unavailable'],
} as const;

/** What providers call. Answered by itself: the request is judged by its raw bytes, before anything of it is parsed. */
export const receiveWebhook = defineRoute({
  ...intake,
  id: 'receiveWebhook',
  method: 'POST',
  path: 'webhooks/{integrationId}/{tenantId}',
  summary: 'Take a delivery of a provider: verified, stored, then answered; handshakes are answered at once',
  params: senderParams,
  success: {
    status: 202,
    body: received,
    description:
      'Stored. A delivery that is known is answered with 200 and changes nothing; some providers get an answer of their own.',
  },
});

export const receiveWebhookAtSecretPath = defineRoute({
  ...intake,
  id: 'receiveWebhookAtSecretPath',
  method: 'POST',
  path: 'webhooks/{integrationId}/{tenantId}/{secret}',
  summary: 'The same, for providers whose only proof is a secret URL',
  params: senderParams.extend({ secret: z.string() }),
  success: { status: 202, body: received, description: 'Stored' },
});

export const answerWebhookHandshake = defineRoute({
  ...intake,
  id: 'answerWebhookHandshake',
  method: 'GET',
  path: 'webhooks/{integrationId}/{tenantId}',
  summary: 'Prove to a provider that the URL is ours',
  params: senderParams,
  success: { status: 200, description: 'The challenge, as plain text' },
});
