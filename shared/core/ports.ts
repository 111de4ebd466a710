import type { IdKind } from '../contracts/identifiers.ts';
import type { Role } from '../contracts/route.ts';
import type { Adapter, OpenCall } from './adapter.ts';
import type { BulkEnvelope } from './bulk-envelope.ts';
import type { ConflictEnvelope, ConflictResolutionEnvelope } from './conflict-envelope.ts';
import type { Answer, Program, ProgramQuestion } from './conversion/deferral.ts';
import type { MissingDocument } from './documents/comparison.ts';
import type { DueDocument, HealthDueDocument } from './documents/due.ts';
import type { ExecutionDocument, PageDocument } from './documents/execution.ts';
import type { LogDocument } from './documents/execution-details.ts';
import type { EngineSettings } from './engine-settings.ts';
import type { DeliveriesEnvelope, JobEnvelope, PushChangesEnvelope, SyncPagesEnvelope } from './envelope.ts';
import type { JsonObject } from './json.ts';
import type { OutgoingEnvelope } from './outgoing/envelope.ts';
import type { PostOutcome } from './outgoing/next-step.ts';
import type { OutgoingSettings } from './outgoing/settings.ts';
import type { Scope } from './scope.ts';
import type { RunDocuments, StoredDocuments } from './stored-documents.ts';
import type { TokenQuestion } from './webhooks/evidence.ts';
import type { Refusal } from './webhooks/refusal-record.ts';
import type { WebhookSettings } from './webhooks/webhook-settings.ts';
import type { WebhookTarget } from './webhooks/webhook-target.ts';

/** A document as it was read, with the ETag that makes a later write conditional. */
export interface Stored<T> {
  readonly document: T;
  readonly etag: string;
}

/**
 * Where a document is. `partition` is the part of the partition key below the tenant (an execution's id, an audit month); where the
 * container is partitioned by document or by tenant alone it is left out.
 */
export interface Key {
  readonly id: string;
  readonly partition?: string;
}

export type Write<T> =
  | { readonly kind: 'create'; readonly document: T }
  | { readonly kind: 'replace'; readonly document: T; readonly etag: string }
  | { readonly kind: 'upsert'; readonly document: T };

/** `exists`: a create found one. `stale`: the ETag no longer holds. `gone`: a replace found none. */
export type WriteResult =
  | { readonly ok: true; readonly etag: string }
  | { readonly ok: false; readonly reason: 'exists' | 'stale' | 'gone' };

export type Filter =
  | {
      readonly field: string;
      /** `contains` a text in any case of letters; `has`: the field is a list, and this one of its items. */
      readonly is: 'equal' | 'at-least' | 'below' | 'contains' | 'has';
      readonly value: string | number | boolean;
    }
  | { readonly field: string; readonly is: 'one-of'; readonly values: readonly (string | number | boolean)[] };

/** Keyset paging over one tenant (or one partition of it), ordered by id unless `orderBy` says otherwise. */
export interface Listing {
  readonly partition?: string;
  readonly filters: readonly Filter[];
  readonly order: 'ascending' | 'descending';
  /** The field to order by instead of the id. It must be indexed, and no two documents may share a value. */
  readonly orderBy?: string;
  /** Only documents whose id, or value of `orderBy`, comes after this one in the order. */
  readonly afterId?: string | undefined;
  readonly limit: number;
}

/**
 * One kind of document of one container, always within a tenant. Writes outcomes are values; what a caller cannot act on (the store is down, a
 * stored document does not parse) is thrown.
 */
export interface Collection<T extends { readonly id: string }> {
  get(scope: Scope, key: Key): Promise<Stored<T> | undefined>;
  /** In the order of `keys`; a missing document is `undefined`. */
  getMany(scope: Scope, keys: readonly Key[]): Promise<(Stored<T> | undefined)[]>;
  write(scope: Scope, write: Write<T>): Promise<WriteResult>;
  /** Each write for itself, in one set of round trips; results in the order of `writes`. */
  writeMany(scope: Scope, writes: readonly Write<T>[]): Promise<WriteResult[]>;
  /** With `etag`, only if it still holds. */
  remove(scope: Scope, key: Key, etag?: string): Promise<'removed' | 'stale' | 'gone'>;
  list(scope: Scope, listing: Listing): Promise<Stored<T>[]>;
}

/** A collection for each of some kinds of documents. */
type CollectionsOf<Kinds extends { [K in keyof Kinds]: { readonly id: string } }> = {
  readonly [K in keyof Kinds]: Collection<Kinds[K]>;
};

export type Collections = CollectionsOf<StoredDocuments>;

/** What is written to a run as one: the moved run, what its page did, and what is to be noted of it. */
export interface RunChange {
  readonly execution: ExecutionDocument;
  readonly page?: PageDocument;
  /** Links that it found missing. */
  readonly missing?: MissingDocument;
  readonly log?: readonly LogDocument[];
}

/** The documents of one run share a partition, so that a page's outcome, the checkpoint and the log are written as one. */
export interface ExecutionStore extends CollectionsOf<RunDocuments> {
  /** Writes a new run with its log; `exists` when it is there already. */
  create(scope: Scope, change: RunChange): Promise<WriteResult>;
  /** Moves a run atomically with its page and log; `stale` when the run was moved by someone else. */
  commit(scope: Scope, change: RunChange, etag: string): Promise<WriteResult>;
}

/** What every entry of the index has. */
export interface DueEntry {
  readonly id: string;
  readonly bucket: string;
  readonly tenantId: string;
  readonly dueAt: string;
}

/**
 * One lane of the system-wide index of what is to be looked at. The only port that looks across tenants; what it returns names the tenant to
 * act for.
 */
export interface DueStore<T extends DueEntry = DueDocument> {
  put(document: T): Promise<void>;
  get(document: Pick<T, 'id' | 'bucket'>): Promise<Stored<T> | undefined>;
  /** Conditional move to another instant. */
  reschedule(entry: Stored<T>, dueAt: string): Promise<'moved' | 'stale' | 'gone'>;
  /** With `etag`, only if it still holds: an entry that was put anew meanwhile stays. */
  remove(document: Pick<T, 'id' | 'bucket'>, etag?: string): Promise<void>;
  /** Entries due at or before `now`, oldest first. */
  listDue(now: string, limit: number): Promise<Stored<T>[]>;
}

/** Secrets by tenant and name. Versions are kept; a secret is read by version, never as "latest". */
export interface SecretStore {
  /** Returns the new version. */
  put(scope: Scope, name: string, value: string): Promise<string>;
  get(scope: Scope, name: string, version: string): Promise<string>;
  /** Erases all versions; succeeds when there is none. */
  erase(scope: Scope, name: string): Promise<void>;
}

/** Bodies of deliveries that are too large for their documents. */
export interface DeliveryBodies {
  /** Returns the name. The same bytes have the same name: a repeat writes nothing else. */
  put(scope: Scope, bytes: Uint8Array): Promise<string>;
  /** Throws when there is none, or not of this tenant. */
  get(scope: Scope, name: string): Promise<Uint8Array>;
  has(scope: Scope, name: string): Promise<boolean>;
  /** Erases one, or all of the tenant; succeeds when there is none. */
  erase(scope: Scope, name?: string): Promise<void>;
}

/** A document as it is stored, of whatever kind. */
export interface EstateDocument {
  readonly container: string;
  readonly body: JsonObject;
  readonly etag: string;
}

export interface EstatePage {
  readonly documents: readonly EstateDocument[];
  /** Where the next page begins, as the store understands it; absent on the last one. */
  readonly next?: string;
}

/** Everything that is kept of a tenant, by container: for export and erasure alone, which must not depend on what a document is. */
export interface Estate {
  /** In the order of ids; at most `limit` documents. */
  list(scope: Scope, container: string, after: string | undefined, limit: number): Promise<EstatePage>;
  /** Succeeds when there is none. */
  remove(scope: Scope, document: EstateDocument): Promise<void>;
  /** False when it was changed meanwhile, or is gone. */
  replace(scope: Scope, document: EstateDocument, body: JsonObject): Promise<boolean>;
}

/** What a work queue holds, of all tenants together: for operators, never for a tenant. */
export interface QueueMeasure {
  /** Messages, delayed ones included; the service counts approximately. */
  readonly depth: number;
  /** How long the longest waiting message could have been worked on, in milliseconds; absent when none waits. */
  readonly oldestMs?: number;
  /** Messages that could not be worked on and wait for people. */
  readonly poison: number;
}

/** A queue of messages of one kind. What is delivered comes at least once. */
export interface WorkQueue<Envelope> {
  /** @param delayMs how long the message stays hidden, at most seven days */
  send(envelope: Envelope, delayMs?: number): Promise<void>;
  /** The message behind what the queue delivered: itself, or what its claim check stands for. */
  collect(delivered: unknown): Promise<unknown>;
  measure(): Promise<QueueMeasure>;
  /** Puts a message that can never be worked on into the poison queue, with the reason. */
  setAside(delivered: unknown, reason: string): Promise<void>;
}

export type SyncQueue = WorkQueue<SyncPagesEnvelope>;
export type PushQueue = WorkQueue<PushChangesEnvelope>;
export type DeliveryQueue = WorkQueue<DeliveriesEnvelope>;

/**
 * Runs what tenants wrote: JSONata and JavaScript, apart from this process's own code, without clock, chance or I/O, within limits on time, memory,
 * depth and output. The same question has the same answer, whatever was asked before.
 */
export interface Expressions {
  /** What is wrong with each program, in words that go on from its field's name; `undefined` where it can run. */
  check(scope: Pick<Scope, 'tenantId'>, programs: readonly Program[]): Promise<(string | undefined)[]>;
  /** In the order of the questions. */
  evaluate(scope: Pick<Scope, 'tenantId'>, questions: readonly ProgramQuestion[]): Promise<Answer[]>;
}

/** Long-running orchestrations, by name. An instance that is there already, under the same id, is left as it is. */
export interface Orchestrations {
  start(name: 'bulk-sync', instanceId: string, input: BulkEnvelope): Promise<void>;
  start(name: 'resolve-conflict', instanceId: string, input: ConflictEnvelope): Promise<void>;
  start(name: 'resolve-conflicts', instanceId: string, input: ConflictResolutionEnvelope): Promise<void>;
  /** Wakes an instance that waits for this event; one that has ended, or is not there, is left alone. */
  tell(instanceId: string, event: string): Promise<void>;
  /** Removes the histories of instances that have ended and were created before an instant; returns how many there were. */
  forgetEnded(createdBefore: Date): Promise<number>;
}

/** One POST of an event to a receiver. */
export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What signed it: never shown, whatever the answer quotes. */
  readonly secrets: readonly string[];
}

/** Posts events to addresses that tenants chose: public ones only, unless the deployment says otherwise, and without following redirects. */
export interface WebhookClient {
  /** What is wrong with a URL, in words that go on from its field's name; `undefined` where it may be posted to. */
  check(url: string): string | undefined;
  /** Never rejects because of the receiver: what went wrong there is an outcome. */
  post(request: WebhookPost): Promise<PostOutcome>;
}

export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** For people to look at: something is wrong that will not mend itself. */
  alert(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a verified sign-in token says. */
export interface VerifiedToken {
  readonly tenantId: string;
  readonly subject: string;
  readonly role: Role;
}

export interface TokenVerifier {
  /** `undefined` for whatever is not a valid token of ours (signature, issuer, audience, expiry, tenant claim, role). Throws when the keys can't be had. */
  verify(token: string): Promise<VerifiedToken | undefined>;
}

/** Holds values for a moment, in one process: what is in it may be as old as that, and may be forgotten at any time. */
export interface ShortMemory<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  /** Also what is being read: who asks afterwards has it read anew. */
  forget(key: string): void;
  /** Reads, unless somebody is just reading the same; whoever asks meanwhile gets the same. */
  share<R>(key: string, read: () => Promise<R>): Promise<R>;
}

/** Where refused webhooks are taken down, to be stored by and by. */
export interface Refusals {
  /** @param subject the integration that there is; absent for a request that names none */
  note(subject: { readonly tenantId: string; readonly integrationId: string } | undefined, refusal: Refusal): void;
}

/** Verifies tokens that senders of webhooks sign, with the keys that they publish. */
export interface WebhookTokens {
  /** What the token says; `undefined` for whatever is not valid. Throws `unavailable` when the keys can't be had. */
  verify(question: TokenQuestion): Promise<JsonObject | undefined>;
}

/** Everything a use-case may need but orchestrations, which only functions that are bound to them can start; each takes only what it names. */
export interface Deps extends Collections {
  readonly now: () => Date;
  /** Resolves after so many milliseconds. For requests that wait for news, never for work. */
  readonly wait: (ms: number) => Promise<void>;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Calls something again and again while work goes on that shows no sign of life itself; returns what ends that. */
  readonly every: (ms: number, call: () => Promise<void>) => () => void;
  readonly engine: EngineSettings;
  readonly outgoing: OutgoingSettings;
  readonly newId: (kind: IdKind) => string;
  readonly log: Log;
  readonly runs: ExecutionStore;
  readonly estate: Estate;
  readonly tokens: TokenVerifier;
  readonly deliveryBodies: DeliveryBodies;
  readonly webhooks: WebhookSettings;
  readonly webhookTokens: WebhookTokens;
  readonly refusals: Refusals;
  readonly deliveryQueue: DeliveryQueue;
  /** By `webhookTargetKey`. */
  readonly webhookTargets: ShortMemory<WebhookTarget>;
  readonly due: DueStore;
  /** The health monitor's lane. */
  readonly healthDue: DueStore<HealthDueDocument>;
  readonly secrets: SecretStore;
  readonly syncQueue: SyncQueue;
  readonly pushQueue: PushQueue;
  readonly outgoingQueue: WorkQueue<OutgoingEnvelope>;
  readonly slowOutgoingQueue: WorkQueue<OutgoingEnvelope>;
  readonly webhookClient: WebhookClient;
  readonly jobQueue: WorkQueue<JobEnvelope>;
  readonly expressions: Expressions;
  readonly adapters: readonly Adapter[];
  readonly openCall: OpenCall;
  /** Each dependency's name and a cheap real call to it; rejects when it does not answer. */
  readonly readiness: Readonly<Record<string, () => Promise<void>>>;
}
