import { createHmac } from 'node:crypto';
import type { EventDocument } from '../documents/event.ts';

const secretPrefix = 'whsec_';

/** A signing secret as receivers are given it, of random bytes: 24 to 64 of them (Standard Webhooks). */
export function formatSigningSecret(random: Uint8Array): string {
  return `${secretPrefix}${Buffer.from(random).toString('base64')}`;
}

/** The text that is sent for an event; receivers compare `id` with what they have seen. */
export function messageBody({ id, type, version, at, subject, data }: Omit<EventDocument, 'tenantId'>): string {
  return JSON.stringify({ id, type, version: version ?? 1, timestamp: at, subject, data });
}

/**
 * The headers that prove a message's origin: Standard Webhooks, one `v1` signature for each live secret.
 *
 * @param id the same in every repeat
 * @param secrets as `formatSigningSecret` gave them
 */
export function signatureHeaders(
  id: string,
  at: Date,
  body: string,
  secrets: readonly string[],
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
