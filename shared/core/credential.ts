import { z } from 'zod';
import { apiKeyCredential } from '../contracts/connections.ts';
import type { Credential } from './adapter.ts';
import { CorruptDocument } from './app-error.ts';
import type { IntegrationDocument } from './documents/integration.ts';

/** The logical name of an integration's credential; the secret store makes it unique per tenant. */
export function credentialSecretName(integrationId: string): string {
  return `integration-credential:${integrationId}`;
}

export function formatCredential(credential: Credential): string {
  return JSON.stringify(credential);
}

/** Throws `CorruptDocument` without showing the secret. */
export function parseCredential(secret: string, integrationId: string): Credential {
  const parsed = z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('is not JSON');
        return z.NEVER;
      }
    })
    .pipe(apiKeyCredential)
    .safeParse(secret);
  if (!parsed.success) throw new CorruptDocument(`credential of ${integrationId}`, 'it does not parse');
  return parsed.data;
}

type Connection = IntegrationDocument['connection'];

/** Whether both hold the same credential: nobody connected anew in between. */
export function isSameConnection(left: Connection, right: Connection): boolean {
  return (
    left?.fence === right?.fence &&
    left?.secretVersion === right?.secretVersion &&
    left?.connectedAt === right?.connectedAt
  );
}
