import type { ExternalChange, RejectedRecord } from './adapter.ts';
import type { Json } from './json.ts';
import type { WebhookVerification } from './webhooks/evidence.ts';

/** What an adapter reads out of webhooks. That a delivery is verified, stored once and retried is the product's own business. */
export interface AdapterWebhooks<Settings> {
  /** The kinds of verification that the provider's webhooks can have, the usual one first. Absent: any, as people set it. */
  readonly verifications?: readonly WebhookVerification['kind'][];
  /**
   * What a verified delivery says, in the order in which it says it. Pure: it calls nobody, and says the same each time. Nothing of a payload makes
   * it throw.
   */
  readDelivery?(settings: Settings, delivery: ReadableDelivery): Promise<DeliveryReading>;
}

export interface ReadableDelivery {
  /** The body as data: JSON, XML by its elements, a form by its fields. */
  readonly payload: Json;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

export type DeliveryReading =
  | { readonly kind: 'hints'; readonly hints: readonly WebhookHint[]; readonly rejected: readonly RejectedRecord[] }
  /** It is about nothing that the integration reads. */
  | { readonly kind: 'ignored'; readonly reason: string };

/** A webhook is a hint: it may carry the record, name it, or only say that something of an object changed. */
export type WebhookHint =
  | { readonly kind: 'change'; readonly object: string; readonly change: ExternalChange }
  /** The record is to be fetched. */
  | { readonly kind: 'record'; readonly object: string; readonly externalId: string }
  /** The object is to be read incrementally. */
  | { readonly kind: 'object'; readonly object: string };
