import { z } from 'zod';
import { conversionSchemaId, instant, integrationId, objectName, shardId, shardTypeId, text } from './identifiers.ts';
import { fieldRule, mappingTargets, transform } from './mapping.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const conversionSchema = z
  .strictObject({
    id: conversionSchemaId,
    integrationId,
    name: z.string(),
    object: objectName,
    version: z.int().describe('The newest version'),
    published: z.int().optional().describe('The version that tasks use'),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'ConversionSchema' });

const versionNumber = z.int().min(1);

const versionSummary = z
  .strictObject({ version: versionNumber, isPublished: z.boolean(), note: z.string().optional(), createdAt: instant })
  .meta({ id: 'VersionSummary' });

/** A value of a record or a shard; it may be any JSON. */
const json = z.unknown();
const jsonObject = z.record(z.string(), json);

const conversionError = z
  .strictObject({ field: z.string().describe("Path in the shard; '' for all of it"), message: z.string() })
  .meta({ id: 'ConversionError' });

const notInvertible = z.array(z.strictObject({ field: z.string(), reason: z.string() }));

const conversionSchemaVersion = z
  .strictObject({
    conversionSchemaId,
    version: versionNumber,
    isPublished: z.boolean(),
    note: z.string().optional(),
    createdAt: instant,
    targets: mappingTargets,
    reverse: z
      .array(
        z.strictObject({
          shardTypeId,
          name: z.string().optional(),
          fields: z.array(fieldRule).describe("From the shard to the provider's record"),
          notInvertible: notInvertible.describe('Fields that are not written back, and why'),
        }),
      )
      .describe('How each target is written back: what follows from its fields, and its own rules'),
  })
  .meta({ id: 'ConversionSchemaVersion' });

const integrationParams = z.strictObject({ integrationId });
const schemaParams = z.strictObject({ integrationId, conversionSchemaId });
const base = 'tenant/integrations/{integrationId}/conversion-schemas';
const tag = 'Conversion schemas';
const note = text(500).optional().describe('Why there is this version');

export const listConversionSchemas = defineRoute({
  id: 'listConversionSchemas',
  method: 'GET',
  path: base,
  summary: 'The conversion schemas of an integration',
  tag,
  role: 'viewer',
  params: integrationParams,
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(conversionSchema), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const createConversionSchema = defineRoute({
  id: 'createConversionSchema',
  method: 'POST',
  path: base,
  summary: 'Create a conversion schema with its first version, not yet published',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'answers-etag',
  params: integrationParams,
  body: z.strictObject({ name: text(120), object: objectName, targets: mappingTargets, note }),
  success: { status: 201, body: conversionSchema, description: 'The conversion schema' },
  problems: ['not-found'],
});

export const getConversionSchema = defineRoute({
  id: 'getConversionSchema',
  method: 'GET',
  path: `${base}/{conversionSchemaId}`,
  summary: 'One conversion schema',
  tag,
  role: 'viewer',
  concurrency: 'answers-etag',
  params: schemaParams,
  success: { status: 200, body: conversionSchema, description: 'The conversion schema' },
  problems: ['not-found'],
});

export const updateConversionSchema = defineRoute({
  id: 'updateConversionSchema',
  method: 'PATCH',
  path: `${base}/{conversionSchemaId}`,
  summary: 'Rename a conversion schema',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: schemaParams,
  body: z.strictObject({ name: text(120) }),
  success: { status: 200, body: conversionSchema, description: 'The conversion schema as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const deleteConversionSchema = defineRoute({
  id: 'deleteConversionSchema',
  method: 'DELETE',
  path: `${base}/{conversionSchemaId}`,
  summary: 'Remove a conversion schema that no task uses, with all its versions',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: schemaParams,
  success: { status: 204, description: 'Removed' },
  problems: ['not-found', 'precondition-failed', 'in-use'],
});

export const listConversionSchemaVersions = defineRoute({
  id: 'listConversionSchemaVersions',
  method: 'GET',
  path: `${base}/{conversionSchemaId}/versions`,
  summary: 'The versions of a conversion schema',
  tag,
  role: 'viewer',
  params: schemaParams,
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(versionSummary), description: 'A page, newest first' },
  problems: ['not-found'],
});

export const createConversionSchemaVersion = defineRoute({
  id: 'createConversionSchemaVersion',
  method: 'POST',
  path: `${base}/{conversionSchemaId}/versions`,
  summary: 'Add a version; tasks go on with the published one',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: schemaParams,
  body: z.strictObject({ targets: mappingTargets, note }),
  success: { status: 201, body: conversionSchema, description: 'The conversion schema as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const getConversionSchemaVersion = defineRoute({
  id: 'getConversionSchemaVersion',
  method: 'GET',
  path: `${base}/{conversionSchemaId}/versions/{version}`,
  summary: 'What a version says, and how it is written back',
  tag,
  role: 'viewer',
  params: z.strictObject({
    integrationId,
    conversionSchemaId,
    version: z.string().regex(/^[1-9]\d{0,5}$/, 'must be the number of a version'),
  }),
  success: { status: 200, body: conversionSchemaVersion, description: 'The version' },
  problems: ['not-found'],
});

export const publishConversionSchema = defineRoute({
  id: 'publishConversionSchema',
  method: 'POST',
  path: `${base}/{conversionSchemaId}/publish`,
  summary: 'Make a version the one that tasks use; their next run reads the object anew',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: schemaParams,
  body: z.strictObject({ version: versionNumber.optional().describe('The newest unless given') }).optional(),
  success: { status: 200, body: conversionSchema, description: 'The conversion schema as it is now' },
  problems: ['not-found', 'precondition-failed'],
});

export const rollBackConversionSchema = defineRoute({
  id: 'rollBackConversionSchema',
  method: 'POST',
  path: `${base}/{conversionSchemaId}/rollback`,
  summary: 'Publish a version before the published one',
  tag,
  role: 'admin',
  idempotent: true,
  concurrency: 'optional',
  params: schemaParams,
  body: z.strictObject({ version: versionNumber }),
  success: { status: 200, body: conversionSchema, description: 'The conversion schema as it is now' },
  problems: ['not-found', 'precondition-failed', 'not-published'],
});

/** What is tried: a version, or targets that are not stored. */
const tried = {
  version: versionNumber.optional().describe('The newest unless given'),
  targets: mappingTargets.optional().describe('Instead of a version: what is not stored yet'),
};

const reverted = z
  .strictObject({ record: jsonObject.optional(), errors: z.array(conversionError) })
  .meta({ id: 'Reverted', description: "The provider's record as it would be written back" });

export const testConversionSchema = defineRoute({
  id: 'testConversionSchema',
  method: 'POST',
  path: `${base}/{conversionSchemaId}/test`,
  summary: 'Convert sample records, and back',
  tag,
  role: 'operator',
  params: schemaParams,
  body: z.strictObject({ ...tried, samples: z.array(jsonObject).min(1).max(50) }),
  success: {
    status: 200,
    body: z
      .strictObject({
        results: z.array(
          z.strictObject({
            sample: z.int().describe('Index into the samples'),
            shards: z.array(
              z.strictObject({
                shardTypeId,
                name: z.string().optional(),
                externalId: z.string(),
                data: jsonObject.optional().describe('Absent where there are errors'),
                errors: z.array(conversionError),
                reverted: reverted.optional(),
              }),
            ),
          }),
        ),
      })
      .meta({ id: 'ConversionTest' }),
    description: 'The shards that each sample would feed',
  },
  problems: ['not-found'],
});

export const dryRunConversionSchema = defineRoute({
  id: 'dryRunConversionSchema',
  method: 'POST',
  path: `${base}/{conversionSchemaId}/dry-run`,
  summary: "Convert the provider's newest records and compare them with the shards; nothing is written",
  tag,
  role: 'operator',
  params: schemaParams,
  body: z.strictObject({ ...tried, limit: z.int().min(1).max(100).default(20) }),
  success: {
    status: 200,
    body: z
      .strictObject({
        records: z.int().describe('Records that were read'),
        shards: z.array(
          z.strictObject({
            shardTypeId,
            name: z.string().optional(),
            externalId: z.string(),
            shardId: shardId.optional(),
            outcome: z.enum(['created', 'updated', 'unchanged', 'failed']),
            fields: z.array(z.strictObject({ field: z.string(), before: json.optional(), after: json.optional() })),
            errors: z.array(conversionError),
          }),
        ),
      })
      .meta({ id: 'DryRun' }),
    description: 'What a run would do',
  },
  problems: ['not-found', 'not-connected', 'provider-failed'],
});

export const suggestMapping = defineRoute({
  id: 'suggestMapping',
  method: 'GET',
  path: 'tenant/integrations/{integrationId}/mapping-suggestions',
  summary: "Suggest fields from a provider's object to a shard type, from what its records hold",
  tag,
  role: 'operator',
  params: integrationParams,
  query: z.strictObject({ object: objectName, shardTypeId }),
  success: {
    status: 200,
    body: z
      .strictObject({
        object: objectName,
        shardTypeId,
        fields: z.array(
          z.strictObject({
            to: z.string(),
            from: z.string(),
            transforms: z.array(transform),
            likeness: z.number().describe('From 0 to 1'),
          }),
        ),
        unmatched: z.array(z.string()).describe("The provider's fields that nothing was found for"),
      })
      .meta({ id: 'MappingSuggestion' }),
    description: 'Rules to begin with',
  },
  problems: ['not-found', 'not-connected', 'provider-failed'],
});
