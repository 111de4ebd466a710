import type { TenantDocument } from '../../../shared/azure/collections.ts';
import type { ContainerName } from '../../../shared/azure/containers.ts';
import type { Collection, Key } from '../../../shared/core/ports.ts';
import {
  sampleConversionContent,
  sampleConversionSchema,
  sampleShardType,
  sampleShardTypeContent,
} from '../../kit/sample-conversion.ts';
import { sampleDelivery } from '../../kit/sample-delivery.ts';
import {
  sampleApiKey,
  sampleAudit,
  sampleEvent,
  sampleExecution,
  sampleIdempotency,
  sampleIntegration,
  sampleIntegrationHealth,
  sampleLease,
  sampleLink,
  samplePage,
  sampleShard,
  sampleTask,
  sampleTenantSlots,
} from '../../kit/sample-documents.ts';
import {
  sampleKey,
  sampleMatchRules,
  sampleMerge,
  sampleMergeCandidate,
  sampleShardImage,
} from '../../kit/sample-identity.ts';
import { sampleJournalEntry } from '../../kit/sample-journal.ts';
import { samplePoison } from '../../kit/sample-outgoing.ts';
import type { Stores } from './port-harness.ts';

/** One collection as the suite sees it: how to open it, make a document, find it and change it. */
export interface CollectionCase<T extends TenantDocument = TenantDocument> {
  readonly name: string;
  readonly container: ContainerName;
  readonly open: (stores: Stores) => Collection<T>;
  /** A new document; with `like`, another version of that one. */
  readonly sample: (tenantId: string, like?: T) => T;
  readonly keyOf: (document: T) => Key;
  /** The same document with one visible change. */
  readonly change: (document: T) => T;
  readonly listable: boolean;
}

/** Forgets the type of the documents, so that one suite takes every collection. */
function collectionCase<T extends TenantDocument>(typed: CollectionCase<T>): CollectionCase {
  return typed as unknown as CollectionCase;
}

const byId = (document: TenantDocument): Key => ({ id: document.id });

export const collectionCases: readonly CollectionCase[] = [
  collectionCase({
    name: 'integrations',
    container: 'config',
    open: (stores) => stores.integrations,
    sample: (tenantId, like) => sampleIntegration(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, name: `${document.name}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'integrationHealth',
    container: 'config',
    open: (stores) => stores.integrationHealth,
    sample: (tenantId, like) => sampleIntegrationHealth(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, health: 'failing' as const }),
    listable: true,
  }),
  collectionCase({
    name: 'tasks',
    container: 'config',
    open: (stores) => stores.tasks,
    sample: (tenantId, like) => sampleTask(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, name: `${document.name}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'conversionSchemas',
    container: 'config',
    open: (stores) => stores.conversionSchemas,
    sample: (tenantId, like) => sampleConversionSchema(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, name: `${document.name}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'conversionContents',
    container: 'config',
    open: (stores) => stores.conversionContents,
    sample: (tenantId, like) => sampleConversionContent(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, ownerId: `${document.ownerId}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'shardTypes',
    container: 'config',
    open: (stores) => stores.shardTypes,
    sample: (tenantId, like) => sampleShardType(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, name: `${document.name}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'shardTypeContents',
    container: 'config',
    open: (stores) => stores.shardTypeContents,
    sample: (tenantId, like) => sampleShardTypeContent(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, ownerId: `${document.ownerId}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'apiKeys',
    container: 'config',
    open: (stores) => stores.apiKeys,
    sample: (tenantId, like) => sampleApiKey(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, name: `${document.name}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'executions',
    container: 'executions',
    open: (stores) => stores.runs.executions,
    sample: (tenantId, like) => sampleExecution(tenantId, like),
    keyOf: (document) => ({ id: document.id, partition: document.executionId }),
    change: (document) => ({ ...document, pages: document.pages + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'pages',
    container: 'executions',
    open: (stores) => stores.runs.pages,
    sample: (tenantId, like) => samplePage(tenantId, { id: `page-${Math.random()}`, ...like }),
    keyOf: (document) => ({ id: document.id, partition: document.executionId }),
    change: (document) => ({ ...document, fence: document.fence + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'shards',
    container: 'shards',
    open: (stores) => stores.shards,
    sample: (tenantId, like) => sampleShard(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, revision: document.revision + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'journal',
    container: 'journal',
    open: (stores) => stores.journal,
    sample: (tenantId, like) => sampleJournalEntry(tenantId, like),
    keyOf: (document) => ({ id: document.id, partition: document.shardId }),
    change: (document) => ({ ...document, at: `${document.at}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'links',
    container: 'links',
    open: (stores) => stores.links,
    sample: (tenantId, like) => sampleLink(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, state: 'settled' as const, hash: `${document.hash ?? ''}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'keys',
    container: 'keys',
    open: (stores) => stores.keys,
    sample: (tenantId, like) => sampleKey(tenantId, like),
    keyOf: (document) => ({ id: document.id, partition: document.key }),
    change: (document) => ({ ...document, entries: [...document.entries, { linkId: 'another', revision: 1 }] }),
    listable: true,
  }),
  collectionCase({
    name: 'matchRules',
    container: 'config',
    open: (stores) => stores.matchRules,
    sample: (tenantId, like) => sampleMatchRules(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, version: document.version + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'matchRuleVersions',
    container: 'config',
    open: (stores) => stores.matchRuleVersions,
    sample: (tenantId, like) => sampleMatchRules(tenantId, { kind: 'match-rules-version', ...like }),
    keyOf: byId,
    change: (document) => ({ ...document, version: document.version + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'merges',
    container: 'reviews',
    open: (stores) => stores.merges,
    sample: (tenantId, like) => sampleMerge(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, rule: `${document.rule ?? ''}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'mergeCandidates',
    container: 'reviews',
    open: (stores) => stores.mergeCandidates,
    sample: (tenantId, like) => sampleMergeCandidate(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, rule: `${document.rule}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'shardImages',
    container: 'journal',
    open: (stores) => stores.shardImages,
    sample: (tenantId, like) => sampleShardImage(tenantId, like),
    keyOf: (document) => ({ id: document.id, partition: document.shardId }),
    change: (document) => ({ ...document, at: `${document.at}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'audit',
    container: 'audit',
    open: (stores) => stores.audit,
    sample: (tenantId, like) => sampleAudit(tenantId, like),
    keyOf: (document) => ({ id: document.id, partition: document.month }),
    change: (document) => ({ ...document, detail: `${document.detail ?? ''}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'events',
    container: 'events',
    open: (stores) => stores.events,
    sample: (tenantId, like) => sampleEvent(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, data: { ...document.data, changed: true } }),
    listable: true,
  }),
  collectionCase({
    name: 'deliveries',
    container: 'deliveries',
    open: (stores) => stores.deliveries,
    sample: (tenantId, like) => sampleDelivery(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, eventType: `${document.eventType ?? ''}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'poison',
    container: 'poison',
    open: (stores) => stores.poison,
    sample: (tenantId, like) => samplePoison(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, reason: `${document.reason}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'idempotency',
    container: 'transient',
    open: (stores) => stores.idempotency,
    sample: (tenantId, like) => sampleIdempotency(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, state: 'done' as const, response: { status: 201, body: { text: 'x' } } }),
    listable: true,
  }),
  collectionCase({
    name: 'leases',
    container: 'leases',
    open: (stores) => stores.leases,
    sample: (tenantId, like) => sampleLease(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, fence: document.fence + 1 }),
    listable: false,
  }),
  collectionCase({
    name: 'tenantSlots',
    container: 'leases',
    open: (stores) => stores.tenantSlots,
    sample: (tenantId, like) => sampleTenantSlots(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, held: [] }),
    listable: false,
  }),
];
