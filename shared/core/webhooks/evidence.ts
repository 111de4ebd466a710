import type { z } from 'zod';
import type { webhookVerification } from '../../contracts/webhooks.ts';
import type { JsonObject } from '../json.ts';

export type WebhookVerification = z.infer<typeof webhookVerification>;

/** A webhook request as it arrived. */
export interface WebhookRequest {
  readonly method: 'GET' | 'POST';
  /** As the sender called it: the public address, with path and query. */
  readonly url: string;
  /** The path of that. */
  readonly path: string;
  /** The query as it stands in the URL, without `?`. */
  readonly search: string;
  /** A header by its lower-case name; several of one name are joined with commas. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
  /** What stands in the path behind the tenant. */
  readonly pathSecret?: string | undefined;
  /** Where it comes from, as the trusted front end says. */
  readonly sourceAddress?: string | undefined;
  /** The client certificate, as the trusted front end says. */
  readonly certificate?: string | undefined;
}

/** One of the at most two secrets that hold at the moment. */
export interface LiveSecret {
  readonly which: 'current' | 'previous';
  readonly value: string;
}

/** A token that has to be verified with somebody's published keys before the delivery can be judged. */
export interface TokenQuestion {
  readonly token: string;
  readonly jwksUrl: string;
  /** Absent where the issuer depends on what the token says; whoever asked looks at it. */
  readonly issuer?: string | undefined;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

/** Everything that a delivery is judged by. */
export interface Evidence {
  readonly request: WebhookRequest;
  /** The newest first. */
  readonly secrets: readonly LiveSecret[];
  readonly nowMs: number;
  /** What each verified token says; a token that is not here did not verify. */
  readonly claims: ReadonlyMap<string, JsonObject>;
}

/** `why` and `detail` are for the people who run the product: the sender is told nothing. */
export type Verdict =
  | {
      readonly verified: true;
      readonly detail: string;
      readonly secret?: LiveSecret['which'] | undefined;
      /** The time that was signed with it, epoch milliseconds. */
      readonly signedAtMs?: number | undefined;
      /** What may be kept of a body that itself holds a secret. */
      readonly keep?: Uint8Array;
      /** As the provider names what happened, where that takes more than one field. */
      readonly eventId?: string | undefined;
    }
  | { readonly verified: false; readonly why: string };

export function refuse(why: string): Verdict {
  return { verified: false, why };
}
