import { hash } from 'node:crypto';
import type { z } from 'zod';
import type { webhookIdentity } from '../../contracts/webhooks.ts';
import { compileSourcePath } from '../conversion/source-path.ts';
import { composeId } from '../ids.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { WebhookRequest, WebhookVerification } from './evidence.ts';
import type { Payload } from './read-payload.ts';
import { signedParts } from './signed-parts.ts';

type WebhookIdentity = z.infer<typeof webhookIdentity>;

/** What makes a delivery the same as another one. `text` is equal exactly for those. */
export type DeliveryIdentity =
  | { readonly by: 'event-id'; readonly text: string; readonly eventId: string }
  | { readonly by: 'content'; readonly text: string; readonly windowMs: number }
  | { readonly by: 'none' };

interface Arrived {
  readonly verification: WebhookVerification;
  readonly identity?: WebhookIdentity | undefined;
  readonly request: WebhookRequest;
  readonly payload: Payload;
  /** What the verification found. */
  readonly found: { readonly eventId?: string | undefined; readonly signedAtMs?: number | undefined };
}

/** A longer id is known by its hash: it is indexed, and lists are filtered by it. */
const longestEventId = 512;

const minuteMs = 60_000;
const dayMinutes = 1440;

/**
 * Under what a delivery is known: what its integration says, else what the provider is known to send. Where the named field is missing the
 * content decides; the signed time belongs to it, so that the same words said again later are another delivery.
 */
export function identifyDelivery(arrived: Arrived): DeliveryIdentity {
  const { request, payload, found, identity = usualIdentity(arrived.verification) } = arrived;
  const known = byEventId(found.eventId);
  if (known !== undefined || identity.by === 'none') return known ?? { by: 'none' };
  if (identity.by === 'hubspot-events') return byEventId(hubSpotEventIds(payload)) ?? byContent(arrived, dayMinutes);
  if (identity.by === 'content') return byContent(arrived, identity.windowMinutes);
  if (identity.by === 'body') return byEventId(readField(payload, identity.path)) ?? byContent(arrived, dayMinutes);
  return (
    byEventId(request.header(identity.header), unsignedPart(arrived, identity.header)) ?? byContent(arrived, dayMinutes)
  );
}

function usualIdentity(verification: WebhookVerification): WebhookIdentity | { readonly by: 'hubspot-events' } {
  switch (verification.kind) {
    case 'slack':
      return { by: 'body', path: 'event_id' };
    case 'hubspot':
      return { by: 'hubspot-events' };
    case 'microsoft-graph':
      return { by: 'none' };
    case 'standard-webhooks':
      return { by: 'header', header: 'webhook-id' };
    case 'svix':
      return { by: 'header', header: 'svix-id' };
    case 'github':
      return { by: 'header', header: 'x-github-delivery' };
    case 'stripe':
      return { by: 'body', path: 'id' };
    case 'shopify':
      return { by: 'header', header: 'x-shopify-webhook-id' };
    case 'hmac':
      if (verification.idHeader !== undefined) return { by: 'header', header: verification.idHeader };
      return { by: 'content', windowMinutes: dayMinutes };
    default:
      return { by: 'content', windowMinutes: dayMinutes };
  }
}

/** @param others what else has to be the same */
function byEventId(given: string | undefined, others = ''): DeliveryIdentity | undefined {
  if (given === undefined || given === '') return undefined;
  const isKeepable = given.length <= longestEventId && given.isWellFormed() && !given.includes('\u0000');
  const eventId = isKeepable ? given : hash('sha256', JSON.stringify(given), 'hex');
  return { by: 'event-id', eventId, text: others === '' ? eventId : `${eventId} ${others}` };
}

/**
 * An id in a header that is not signed belongs to its body only: else whoever has seen one delivery could send that under the id of one to come, which would be
 * taken for a repeat.
 */
function unsignedPart({ verification, request }: Arrived, header: string): string {
  const { body, headers } = signedParts(verification);
  return body && !headers.includes(header) ? hash('sha256', request.body, 'hex') : '';
}

/** What is signed decides, where anything is: a query that anybody may append makes no other delivery. */
function byContent({ verification, request, found }: Arrived, windowMinutes: number): DeliveryIdentity {
  const { body, query } = signedParts(verification);
  const search = query || !body ? request.search : '';
  const parts = [request.method, search, String(found.signedAtMs ?? ''), hash('sha256', request.body, 'hex')];
  return { by: 'content', text: JSON.stringify(parts), windowMs: windowMinutes * minuteMs };
}

function readField(payload: Payload, path: string): string | undefined {
  if (payload.kind !== 'json' && payload.kind !== 'xml') return undefined;
  const value = compileSourcePath(path)(payload.value);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** HubSpot sends events in batches, counts its tries in them, and does not promise that an event's id is its own. */
function hubSpotEventIds(payload: Payload): string | undefined {
  if (payload.kind !== 'json' || !Array.isArray(payload.value) || payload.value.length === 0) return undefined;
  const fields = ['portalId', 'subscriptionId', 'eventId', 'objectId', 'occurredAt'] as const;
  const ids = payload.value.map((event) =>
    isJsonObject(event) && event['eventId'] !== undefined
      ? JSON.stringify(fields.map((field): Json => event[field] ?? null))
      : undefined,
  );
  return ids.every((id) => id !== undefined) ? hash('sha256', ids.toSorted().join(), 'hex') : undefined;
}

/** The id of a delivery that is known under an identity. @param round how often its window has passed since the first */
export function deliveryIdOf(
  integrationId: string,
  identity: Exclude<DeliveryIdentity, { by: 'none' }>,
  round = 0,
): string {
  const bytes = hash('sha256', JSON.stringify([integrationId, identity.by, identity.text, round]), 'buffer');
  // The first six bytes take the place of the time: such an id does not tell when.
  return composeId('delivery', bytes.readUIntBE(0, 6), bytes.subarray(6));
}
