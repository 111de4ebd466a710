import type {
  ConversionContentDocument,
  ConversionSchemaDocument,
  ShardTypeContentDocument,
  ShardTypeDocument,
} from '../../shared/core/documents/conversion.ts';
import { sampleId, samplePlanned } from './sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';

export function sampleConversionSchema(
  tenantId: string,
  change: Partial<ConversionSchemaDocument> = {},
): ConversionSchemaDocument {
  return {
    id: sampleId('conversionSchema'),
    tenantId,
    kind: 'conversion-schema',
    schemaVersion: 1,
    integrationId: sampleId('integration'),
    name: 'Companies',
    object: 'companies',
    versions: [{ version: 1, contentId: 'content', createdAt: at }],
    publications: 0,
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleConversionContent(
  tenantId: string,
  change: Partial<ConversionContentDocument> = {},
): ConversionContentDocument {
  const ownerId = sampleId('conversionSchema');
  return {
    id: `${ownerId}.content`,
    tenantId,
    kind: 'conversion-content',
    schemaVersion: 1,
    integrationId: sampleId('integration'),
    ownerId,
    targets: samplePlanned.targets ?? [],
    ...change,
  };
}

export function sampleShardType(tenantId: string, change: Partial<ShardTypeDocument> = {}): ShardTypeDocument {
  const shardTypeId = sampleId('shard');
  return {
    id: `shard-type.${shardTypeId}`,
    tenantId,
    kind: 'shard-type',
    schemaVersion: 1,
    shardTypeId,
    name: 'Product',
    versions: [{ version: 1, contentId: 'content', createdAt: at }],
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleShardTypeContent(
  tenantId: string,
  change: Partial<ShardTypeContentDocument> = {},
): ShardTypeContentDocument {
  const ownerId = `shard-type.${sampleId('shard')}`;
  return {
    id: `${ownerId}.content`,
    tenantId,
    kind: 'shard-type-content',
    schemaVersion: 1,
    ownerId,
    schema: { type: 'object', properties: { name: { type: ['string', 'null'] } } },
    ...change,
  };
}
