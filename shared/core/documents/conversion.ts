import { z } from 'zod';
import { objectName } from '../../contracts/identifiers.ts';
import { mappingTarget, mappingTargets } from '../../contracts/mapping.ts';

/** One version of something that is versioned; its content is a document of its own, named by what it says and never changed. */
const versionEntry = z.strictObject({
  version: z.int(),
  contentId: z.string(),
  note: z.string().optional(),
  createdAt: z.string(),
});

/** A conversion schema with the list of its versions, container `config`. Every change is conditional on the ETag. */
export const conversionSchemaDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('conversion-schema'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  name: z.string(),
  object: objectName,
  /** Oldest first; numbered from 1. */
  versions: z.array(versionEntry),
  /** The version that tasks use; absent until one is published. */
  published: z.int().optional(),
  /** How often another version was published: also one that was published before has its objects read anew. */
  publications: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** What a version of a conversion schema says, container `config`. Its id is `contentKey` of the schema and the content's hash. */
export const conversionContentDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('conversion-content'),
  schemaVersion: z.literal(1),
  integrationId: z.string(),
  ownerId: z.string(),
  targets: mappingTargets,
});

/** A tenant's shard type, or its own versions of a built-in one, container `config`. The newest version holds. */
export const shardTypeDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('shard-type'),
  schemaVersion: z.literal(1),
  shardTypeId: z.string(),
  name: z.string(),
  /** Oldest first. Those of a built-in type begin at 2; there may be none, where only its name was changed. */
  versions: z.array(versionEntry),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** What a version of a shard type says, container `config`. */
export const shardTypeContentDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('shard-type-content'),
  schemaVersion: z.literal(1),
  ownerId: z.string(),
  schema: z.record(z.string(), z.json()),
});

/** An object of a run with its mapping, frozen: either a version of a conversion schema, or the targets of a task's own fields. */
export const plannedObject = z.strictObject({
  object: objectName,
  /** Names what the mapping and the shard types that it is held to do. */
  mappingVersion: z.string(),
  conversionSchema: z
    .strictObject({ id: z.string(), version: z.int(), contentId: z.string(), publication: z.int() })
    .optional(),
  targets: z.array(mappingTarget).optional(),
  /** Content of each shard type that the mapping feeds. */
  shardTypes: z.record(z.string(), z.string()),
});

export type VersionEntry = z.infer<typeof versionEntry>;
export type ConversionSchemaDocument = z.infer<typeof conversionSchemaDocument>;
export type ConversionContentDocument = z.infer<typeof conversionContentDocument>;
export type ShardTypeDocument = z.infer<typeof shardTypeDocument>;
export type ShardTypeContentDocument = z.infer<typeof shardTypeContentDocument>;
export type PlannedObject = z.infer<typeof plannedObject>;

/** Where a content is kept. */
export function contentKey(ownerId: string, contentId: string): string {
  return `${ownerId}.${contentId}`;
}

/** Where a tenant's shard type is kept. */
export function shardTypeKey(shardTypeId: string): string {
  return `shard-type.${shardTypeId}`;
}
