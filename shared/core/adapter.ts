import type { z } from 'zod';
import type { AdapterWebhooks } from './adapter-webhooks.ts';
import type { AdapterWrites, WritesDescription } from './adapter-writes.ts';
import type { JsonObject } from './json.ts';

/**
 * The contract that every provider fulfils. Data on top, verbs below; a missing verb is a missing capability. The verbs that write are
 * in `adapter-writes.ts`, what is read out of webhooks in `adapter-webhooks.ts`.
 *
 * An adapter never sees a secret, never sleeps and never retries: `call.http` arrives authorised, timed out, size-capped, redacted
 * and pinned to the base URL, and a failure is thrown as an `AdapterFailure` whose kind tells the engine what to do.
 */
export interface Adapter<Settings = unknown> extends AdapterWrites<Settings>, AdapterWebhooks<Settings> {
  /** The provider's id, as in `MISSION` words: `custom-rest`, `salesforce`, … */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Where the provider's settings come from; unknown fields are refused. */
  readonly settings: z.ZodType<Settings>;
  /** How a connection signs in. */
  readonly auth: readonly CredentialKind[];
  /** Requests per minute that one integration may make, unless configured otherwise. */
  readonly requestsPerMinute: number;
  /** The origin (and path prefix) every call is pinned to. */
  baseUrl(settings: Settings): string;
  /** How the credential is put on a request. */
  authorisation(settings: Settings): Authorisation;
  /** The objects that a task may name, for these settings. */
  objects(settings: Settings): readonly ObjectDescription[];
  /** Proves that the connection works by a real call. Throws `AdapterFailure`. */
  check(call: AdapterCall<Settings>): Promise<void>;
  /** Reads one page. Throws `AdapterFailure`. */
  pull?(call: AdapterCall<Settings>, request: PullRequest): Promise<PullPage>;
  /** The fields of an object's records, for suggestions. Throws `AdapterFailure`. */
  describe?(call: AdapterCall<Settings>, object: string): Promise<readonly DescribedField[]>;
  /**
   * Cuts the read of an object into ranges that can be read side by side. Together they show every record, whatever is created meanwhile; a record
   * that shows in two does no harm. No ranges: the object is read as one. The same request gives the same ranges.
   */
  partition?(settings: Settings, request: PartitionRequest): readonly PullRange[];
  /** What is wrong with settings that their schema cannot see. */
  inspect?(settings: Settings): Promise<readonly SettingsProblem[]>;
}

/** `path` leads to the setting. */
export interface SettingsProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** One field of a provider's object. */
export interface DescribedField {
  /** Dotted; a part `*` stands for every item of a list. */
  readonly path: string;
  readonly types: readonly ('string' | 'number' | 'boolean' | 'object' | 'array' | 'null')[];
  /** What its texts look like, where all look alike; `phone` only with a country code. */
  readonly looksLike?: 'email' | 'url' | 'phone' | 'instant' | 'date' | undefined;
}

export interface PartitionRequest {
  readonly object: string;
  /** How many ranges are wanted at most. */
  readonly parts: number;
  /** Until when records have been created so far, ISO 8601 UTC. */
  readonly now: string;
}

/** One part of an object, in the adapter's own terms; at most a kilobyte of JSON. */
export type PullRange = JsonObject;

export interface ObjectDescription {
  /** The provider's own name of the object, for example `companies`. */
  readonly name: string;
  /** Whether `pull` honours `since`. Without it every run is a full run. */
  readonly incremental: boolean;
  /** The most records that one page may have. */
  readonly maxPageSize: number;
  /** Whether `fetch` reads its records by id. */
  readonly fetches?: boolean;
  /** What `push` can write of it. Absent: nothing. */
  readonly writes?: WritesDescription | undefined;
}

export type CredentialKind = 'api-key' | 'basic' | 'bearer' | 'none';

/** A secret as kept in Key Vault. It exists there and in memory, nowhere else. */
export type Credential =
  | { readonly kind: 'api-key'; readonly key: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'none' };

/** Where on a request the credential goes. `prefix` stands in front of the key, for example `"Token "`. */
export type Authorisation =
  | { readonly kind: 'header'; readonly name: string; readonly prefix?: string | undefined }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer' }
  | { readonly kind: 'none' };

export interface AdapterCall<Settings = unknown> {
  readonly settings: Settings;
  readonly http: AdapterHttp;
}

/** One HTTP exchange. Resolves for 2xx and 304 only; everything else is thrown as an `AdapterFailure`. */
export type AdapterHttp = (request: AdapterHttpRequest) => Promise<AdapterHttpResponse>;

export interface AdapterHttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path below the base URL, or an absolute URL of the same origin (a next-page link). */
  readonly url: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Statuses that this call reads itself instead of having them thrown, for example 410. */
  readonly expect?: readonly number[];
}

export interface AdapterHttpResponse {
  readonly status: number;
  /** Header by its lower-case name. */
  header(name: string): string | undefined;
  /** The URL that was asked, without secrets; base for relative links. */
  readonly url: string;
  /** The parsed body. Throws `unexpected-response` when it is not JSON (truncated, wrong content type, empty). */
  json(): unknown;
  /** A text of the provider's without the credential, should it hold it: for what is shown to people. */
  redact(text: string): string;
}

export interface PullRequest {
  readonly object: string;
  /** Where the last page ended; absent for the first page. Opaque to the engine. */
  readonly cursor?: string | undefined;
  /** Only records modified at or after this instant (ISO 8601, UTC). Absent for a full read. */
  readonly since?: string | undefined;
  readonly pageSize: number;
  /** Only this part of the object, as `partition` has cut it. */
  readonly range?: PullRange | undefined;
}

export interface PullPage {
  readonly changes: readonly ExternalChange[];
  /** Records that could not even be identified (no id, not an object): each is set aside with its reason. */
  readonly rejected: readonly RejectedRecord[];
  /** Cursor of the next page; absent exactly when `done`. */
  readonly next?: string | undefined;
  readonly done: boolean;
  /** How many records the whole read will bring, where the provider tells. */
  readonly total?: number | undefined;
  /** The provider's own clock when it answered (`Date` header), ISO 8601. */
  readonly observedAt?: string | undefined;
}

/** One created, updated or deleted record as the provider shows it. */
export interface ExternalChange {
  readonly externalId: string;
  readonly deleted: boolean;
  /** The provider's record, unconverted. */
  readonly record: JsonObject;
  /** Moves only forward for one record (for example its modification time in epoch milliseconds). */
  readonly version?: number | undefined;
  /** When the provider last changed it, ISO 8601 UTC. Feeds the watermark. */
  readonly modifiedAt?: string | undefined;
  /** Differs whenever the record does, and says no more: what a write may expect to find, for example an ETag. At most 500 characters. */
  readonly revision?: string | undefined;
  /** Where it was seen, when that was not just now: an earlier look that is tried again. */
  readonly seen?: { readonly fence: number; readonly page: number };
  /** Of an earlier look that is tried again: the shard that it could not feed. */
  readonly retried?: RetriedShard;
}

/** A shard that a record was to feed, but could not. */
export interface RetriedShard {
  readonly failedRecordId: string;
  readonly shardTypeId: string;
  readonly target?: string | undefined;
  readonly externalId: string;
}

export interface RejectedRecord {
  readonly externalId?: string | undefined;
  readonly reason: string;
}

export type AdapterFailureKind =
  | 'credentials-rejected'
  | 'forbidden'
  | 'rate-limited'
  | 'unavailable'
  | 'cursor-expired'
  | 'record-rejected'
  | 'unexpected-response';

/** What went wrong at the provider. `message` is shown to people: it never holds a secret, a URL's query or a payload. */
export class AdapterFailure extends Error {
  readonly kind: AdapterFailureKind;
  readonly status: number | undefined;
  /** What the provider asked for (`Retry-After`), in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  /** Whether it is sure that a request that writes has written nothing: it was not sent, or refused before it was worked on. */
  readonly wroteNothing: boolean;

  constructor(
    kind: AdapterFailureKind,
    message: string,
    options: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      wroteNothing?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AdapterFailure';
    this.kind = kind;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.wroteNothing = options.wroteNothing ?? false;
  }
}

/** Opens an authorised, guarded call for one integration. Implemented by `adapters/kit`, wired in `functions/app.ts`. */
export type OpenCall = <Settings>(input: {
  readonly adapter: Adapter<Settings>;
  readonly settings: Settings;
  readonly credential: Credential;
}) => AdapterCall<Settings>;
