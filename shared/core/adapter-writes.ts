import type { AdapterCall, AdapterFailure, ExternalChange } from './adapter.ts';
import type { JsonObject } from './json.ts';

/**
 * What an adapter writes, and what it says about it. Records and patches are in the provider's terms. An adapter neither retries nor looks
 * first: which of two sides is right, and whether to write again what may have been written, is the engine's to decide.
 */
export interface AdapterWrites<Settings> {
  /**
   * Writes records: one outcome for each operation, in their order. No record and no key is named twice in a request, and there are
   * at most `batchSize` operations, of kinds that the object's description allows. Throws `AdapterFailure` only when nothing was written of any.
   */
  push?(call: AdapterCall<Settings>, request: PushRequest): Promise<readonly PushOutcome[]>;
  /** Reads records by id, in the order of ids, for objects that say `fetches`. At most `maxPageSize` of them. Throws `AdapterFailure`. */
  fetch?(call: AdapterCall<Settings>, request: FetchRequest): Promise<readonly FetchedRecord[]>;
  /** Looks for the records that creates may have made, in their order, for objects that say `writes.findsCreated`. Throws `AdapterFailure`. */
  findCreated?(call: AdapterCall<Settings>, request: FindCreatedRequest): Promise<readonly FoundRecord[]>;
}

/** What can be written of an object. */
export interface WritesDescription {
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  /** The most operations in one `push`. */
  readonly batchSize: number;
  /** Whether `expected` is honoured: a record that has moved on is left as it is, a `conflict`. Otherwise it says nothing. */
  readonly optimistic: boolean;
  /** What of `expected` that goes by; either unless given. A write without it is unconditional. */
  readonly expects?: keyof ExpectedRecord | undefined;
  /** Whether the same idempotency key makes one record however often it is sent: a create whose outcome is unknown may be sent again. */
  readonly idempotentCreate: boolean;
  /** For how long the provider knows such a key, in milliseconds; for good unless given. What is sent later makes another record. */
  readonly keyHoldsMs?: number | undefined;
  /**
   * Whether, and from how long after a create on, `findCreated` finds what it made: before that nothing found proves nothing. Absent with no
   * `idempotentCreate`: only a person can settle a create whose outcome is unknown.
   */
  readonly findsCreated?: { readonly afterMs: number } | undefined;
}

export interface PushRequest {
  readonly object: string;
  readonly operations: readonly PushOperation[];
}

export type PushOperation =
  | {
      readonly kind: 'create';
      /** The same for every attempt at this one create, and never used for another. */
      readonly idempotencyKey: string;
      readonly record: JsonObject;
    }
  | {
      readonly kind: 'update';
      readonly externalId: string;
      /** Only what differs. Objects are merged member by member, lists replaced; null empties. */
      readonly patch: JsonObject;
      readonly expected?: ExpectedRecord | undefined;
    }
  | { readonly kind: 'delete'; readonly externalId: string; readonly expected?: ExpectedRecord | undefined };

/** What the provider showed when the write was decided on, as `ExternalChange` had it. Without any of it the write is unconditional. */
export interface ExpectedRecord {
  readonly revision?: string | undefined;
  readonly modifiedAt?: string | undefined;
}

export type PushOutcome =
  /** It is written. `change`: what the provider shows now, where its answer tells. */
  | { readonly kind: 'written'; readonly externalId: string; readonly change?: ExternalChange | undefined }
  /**
   * The provider will never take this. `reason` and messages are for the tenant's people and may quote the record, so they are not logged.
   * `field` is the provider's name of it, dotted.
   */
  | { readonly kind: 'rejected'; readonly reason: string; readonly fields?: readonly RejectedField[] | undefined }
  /** The record has moved on from what was expected; nothing was written. */
  | { readonly kind: 'conflict' }
  /** There is no such record, or none any more. Of a delete this is as good as written. */
  | { readonly kind: 'missing' }
  /** A create met a record that has the same unique value; nothing was written. */
  | { readonly kind: 'exists'; readonly externalId?: string | undefined }
  /** It may have been written or not: the connection broke after sending, time ran out, the provider failed at it. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** It was surely not written, and may be sent again as it is: rate-limited, locked, never sent. */
  | { readonly kind: 'not-written'; readonly failure: AdapterFailure };

export interface RejectedField {
  readonly field: string;
  readonly message: string;
}

export interface FetchRequest {
  readonly object: string;
  readonly externalIds: readonly string[];
}

export type FetchedRecord =
  | { readonly kind: 'change'; readonly change: ExternalChange }
  /** The provider does not have it, or not any more. */
  | { readonly kind: 'missing' }
  /** It is there and cannot be taken. */
  | { readonly kind: 'rejected'; readonly reason: string };

export interface FindCreatedRequest {
  readonly object: string;
  readonly creates: readonly { readonly idempotencyKey: string; readonly record: JsonObject }[];
}

export type FoundRecord =
  /** `alike`: known by a value that another record may have as well. */
  | { readonly kind: 'change'; readonly change: ExternalChange; readonly alike?: true | undefined }
  | { readonly kind: 'none' }
  /** Several records have what the create was to be known by, or the create has nothing of it: a person has to look. */
  | { readonly kind: 'unclear'; readonly reason: string };
