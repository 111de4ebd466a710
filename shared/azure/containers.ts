/**
 * The Cosmos containers, declared once: the product opens them, the local twin creates them, and Bicep reads the same list from
 * `infra-bicep/containers.json`. Indexed paths are few because every one of them is paid with each write; `id` is always indexed.
 * There are no composite indexes: lists order by `id` alone. Request units are estimates for a document of 1 KB.
 */
export interface ContainerSpec {
  readonly name: string;
  /** More than one path makes the key hierarchical. */
  readonly partitionKeyPaths: readonly string[];
  /** Seconds after the last write; -1 means only documents with their own `ttl` go. Absent: nothing expires. */
  readonly defaultTtlSeconds?: number;
  readonly includedPaths: readonly string[];
  readonly excludedPaths: readonly string[];
  /** Request units by operation. */
  readonly requestUnits: Readonly<Record<string, number>>;
}

const daySeconds = 86_400;

const everything = ['/*'] as const;

export const containers = {
  /** Integrations with their health, tasks, conversion schemas, shard types, match rules and API keys, subscriptions. Small; every write is conditional. */
  config: {
    name: 'config',
    partitionKeyPaths: ['/tenantId'],
    includedPaths: ['/tenantId/?', '/kind/?', '/direction/?', '/integrationId/?', '/provider/?', '/shardTypeId/?'],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 8, replace: 12, listOf20: 4 },
  },
  /** Internal records. Lists filter by type, status, text, by any field of `data`, and by what created them. */
  shards: {
    name: 'shards',
    partitionKeyPaths: ['/tenantId', '/id'],
    includedPaths: ['/tenantId/?', '/shardTypeId/?', '/status/?', '/createdIn/?', '/text/?', '/push/*', '/data/*'],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 14, replace: 20, listOf20: 8 },
  },
  /** One document per external record and shard type, read and written by its id. Listed by object, when a complete read is compared with what is here. */
  links: {
    name: 'links',
    partitionKeyPaths: ['/tenantId', '/id'],
    includedPaths: ['/tenantId/?', '/integrationId/?', '/object/?'],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 7, replace: 11, listOf1000: 35 },
  },
  /** Who has which key of the match rules; read and written by key only. An emptied document goes after a day. */
  keys: {
    name: 'keys',
    partitionKeyPaths: ['/tenantId', '/key'],
    defaultTtlSeconds: -1,
    includedPaths: ['/tenantId/?'],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 6, replace: 10 },
  },
  /** What people decide about, and what came of it: merge candidates, merges and conflicts, which lists order by `position`. */
  reviews: {
    name: 'reviews',
    partitionKeyPaths: ['/tenantId'],
    includedPaths: [
      '/tenantId/?',
      '/kind/?',
      '/state/?',
      '/shardTypeId/?',
      '/shardId/?',
      '/integrationId/?',
      '/about/?',
      '/alike/?',
      '/position/?',
      '/decision/resolutionId/?',
    ],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 8, replace: 12, listOf20: 4 },
  },
  /** Shards as they were before something happened to them, found by shard or by what it was; kept as long as it may be undone. */
  journal: {
    name: 'journal',
    partitionKeyPaths: ['/tenantId', '/shardId'],
    defaultTtlSeconds: 365 * daySeconds,
    includedPaths: ['/tenantId/?', '/shardId/?', '/kind/?', '/cause/id/?'],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 9, listOf20: 4 },
  },
  /** Runs, what each of their pages did, their logs and failed records; kept for a quarter after the last change. */
  executions: {
    name: 'executions',
    partitionKeyPaths: ['/tenantId', '/executionId'],
    defaultTtlSeconds: 90 * daySeconds,
    includedPaths: [
      '/tenantId/?',
      '/executionId/?',
      '/kind/?',
      '/integrationId/?',
      '/taskId/?',
      '/state/?',
      '/object/?',
      '/runId/?',
      '/event/?',
      '/level/?',
      '/reason/?',
      '/createdAt/?',
    ],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 8, replace: 12, commitPage: 40, listOf20: 6 },
  },
  /** Who did what; append only, never expires. */
  audit: {
    name: 'audit',
    partitionKeyPaths: ['/tenantId', '/month'],
    includedPaths: ['/tenantId/?', '/month/?', '/action/?', '/subject/?'],
    excludedPaths: everything,
    requestUnits: { create: 8, listOf20: 4 },
  },
  /** What the product tells to subscriptions and channels; kept for 30 days. Lists filter by type and integration. */
  events: {
    name: 'events',
    partitionKeyPaths: ['/tenantId'],
    defaultTtlSeconds: 30 * daySeconds,
    includedPaths: ['/tenantId/?', '/type/?', '/data/integrationId/?'],
    excludedPaths: everything,
    requestUnits: { create: 8, listOf20: 4 },
  },
  /** Inbound webhook requests; kept for 30 days after the last change. Lists are ordered by `arrival`. Its change feed wakes their processing. */
  deliveries: {
    name: 'deliveries',
    partitionKeyPaths: ['/tenantId', '/id'],
    defaultTtlSeconds: 30 * daySeconds,
    includedPaths: [
      '/tenantId/?',
      '/arrival/?',
      '/integrationId/?',
      '/state/?',
      '/eventId/?',
      '/recordKeys/[]/?',
      '/processing/nextAttemptAt/?',
    ],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 10, replace: 16, listOf20: 6 },
  },
  /** Events on their way to subscriptions, with their attempts, and replays; kept for 30 days after the last change. */
  dispatches: {
    name: 'dispatches',
    partitionKeyPaths: ['/tenantId', '/id'],
    defaultTtlSeconds: 30 * daySeconds,
    includedPaths: [
      '/tenantId/?',
      '/kind/?',
      '/subscriptionId/?',
      '/state/?',
      '/orderKey/?',
      '/position/?',
      '/nextAttemptAt/?',
      '/leaseUntil/?',
      '/eventId/?',
      '/eventType/?',
      '/replayId/?',
    ],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 14, replace: 20, listOf20: 8 },
  },
  /** Idempotency keys, the ids of published events, replays and refused webhooks; each says how long it lives. Only replays are listed. */
  transient: {
    name: 'transient',
    partitionKeyPaths: ['/tenantId', '/id'],
    defaultTtlSeconds: daySeconds,
    includedPaths: ['/tenantId/?', '/kind/?'],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 6, replace: 10 },
  },
  /** Who may work on a task, and how many for a tenant, right now. Never expires: a lost fence would let a stale holder write. */
  leases: {
    name: 'leases',
    partitionKeyPaths: ['/id'],
    includedPaths: [],
    excludedPaths: everything,
    requestUnits: { read: 1, create: 6, replace: 10 },
  },
  /** How far each function has read each change feed; written by the Functions host, under one prefix a function. */
  feedLeases: {
    name: 'feed-leases',
    partitionKeyPaths: ['/id'],
    includedPaths: [],
    excludedPaths: everything,
    requestUnits: { read: 1, replace: 10 },
  },
  /** Changes that a function could not work on, each with the reason; the changed document stays where it is. */
  poison: {
    name: 'poison',
    partitionKeyPaths: ['/tenantId'],
    defaultTtlSeconds: 90 * daySeconds,
    includedPaths: ['/tenantId/?', '/feed/?'],
    excludedPaths: everything,
    requestUnits: { upsert: 8 },
  },
  /** What the clock and the health monitor must look at, ordered by when. */
  due: {
    name: 'due',
    partitionKeyPaths: ['/bucket'],
    includedPaths: ['/bucket/?', '/dueAt/?'],
    excludedPaths: everything,
    requestUnits: { read: 1, upsert: 8, replace: 10, listDue: 3 },
  },
} as const satisfies Record<string, ContainerSpec>;

export type ContainerName = keyof typeof containers;

/** A container as the service's management API and the SDK both take it. */
export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKey: { readonly paths: string[]; readonly kind: 'Hash' | 'MultiHash'; readonly version: 2 };
  readonly defaultTtl?: number;
  readonly indexingPolicy: {
    readonly indexingMode: 'consistent';
    readonly automatic: true;
    readonly includedPaths: { readonly path: string }[];
    readonly excludedPaths: { readonly path: string }[];
  };
}

/** All containers, in the order of their names. */
export function containerDefinitions(): ContainerDefinition[] {
  return Object.values<ContainerSpec>(containers)
    .map(defineContainer)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function defineContainer(spec: ContainerSpec): ContainerDefinition {
  return {
    id: spec.name,
    partitionKey: {
      paths: [...spec.partitionKeyPaths],
      kind: spec.partitionKeyPaths.length > 1 ? 'MultiHash' : 'Hash',
      version: 2,
    },
    ...(spec.defaultTtlSeconds === undefined ? {} : { defaultTtl: spec.defaultTtlSeconds }),
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: spec.includedPaths.map((path) => ({ path })),
      excludedPaths: spec.excludedPaths.map((path) => ({ path })),
    },
  };
}
