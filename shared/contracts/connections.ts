import { z } from 'zod';
import { instant, integrationId, text } from './identifiers.ts';
import { connectionState } from './integrations.ts';
import { defineRoute } from './route.ts';

export const connection = z
  .strictObject({
    integrationId,
    state: connectionState,
    kind: z.enum(['api-key', 'basic', 'bearer', 'none']).optional(),
    /** Last characters of the credential, so that a person recognises it; never more. */
    hint: z.string().optional(),
    connectedAt: instant.optional(),
    checkedAt: instant.optional(),
    expiresAt: instant.optional().describe('When the credential ends, where it was told'),
    problem: z.string().optional().describe('Why the last call failed, in words'),
  })
  .meta({ id: 'Connection' });

const params = z.strictObject({ integrationId });

const secretText = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x20-\x7e\u{a0}-\u{10ffff}]*$/u, 'must not contain control characters')
  .refine((value) => value.isWellFormed(), 'must not contain unpaired surrogate characters');

const apiKey = z.strictObject({ kind: z.literal('api-key'), key: secretText });
const basic = z.strictObject({ kind: z.literal('basic'), username: text(256), password: secretText });
const bearer = z.strictObject({ kind: z.literal('bearer'), token: secretText });
const none = z.strictObject({ kind: z.literal('none') });

export const apiKeyCredential = z.discriminatedUnion('kind', [apiKey, basic, bearer, none]);

const lifetime = {
  expiresAt: instant.optional().describe('When the credential ends; you are told 14 days before'),
};

const connectBody = z.discriminatedUnion('kind', [
  apiKey.extend(lifetime),
  basic.extend(lifetime),
  bearer.extend(lifetime),
  none.extend(lifetime),
]);

export const connectWithKey = defineRoute({
  id: 'connectWithKey',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/connect/api-key',
  summary: 'Connect with a key, a bearer token or a name and password; the credential goes to Key Vault',
  tag: 'Connections',
  role: 'admin',
  idempotent: true,
  params,
  body: connectBody,
  success: { status: 200, body: connection, description: 'Connected; `connection/test` proves it' },
  problems: ['not-found'],
});

export const disconnect = defineRoute({
  id: 'disconnect',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/disconnect',
  summary: 'Disconnect and erase the credential',
  tag: 'Connections',
  role: 'admin',
  idempotent: true,
  params,
  success: { status: 200, body: connection, description: 'Disconnected' },
  problems: ['not-found'],
});

export const getConnection = defineRoute({
  id: 'getConnection',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/connection',
  summary: 'State of the connection; never the credential',
  tag: 'Connections',
  role: 'viewer',
  params,
  success: { status: 200, body: connection, description: 'The connection' },
  problems: ['not-found'],
});

export const testConnection = defineRoute({
  id: 'testConnection',
  method: 'POST',
  path: 'tenant/integrations/{integrationId}/connection/test',
  summary: 'Call the provider and say whether it answers',
  tag: 'Connections',
  role: 'operator',
  params,
  success: {
    status: 200,
    body: z
      .strictObject({ works: z.boolean(), durationMs: z.number(), problem: z.string().optional() })
      .meta({ id: 'ConnectionTest' }),
    description: 'What the provider answered',
  },
  problems: ['not-found', 'not-connected'],
});
