import type { z } from 'zod';
import type { conversionSchema } from '../contracts/conversion-schemas.ts';
import type { ConversionSchemaDocument } from './documents/conversion.ts';

/** A stored conversion schema as the API shows it. */
export function describeConversionSchema(document: ConversionSchemaDocument): z.infer<typeof conversionSchema> {
  return {
    id: document.id,
    integrationId: document.integrationId,
    name: document.name,
    object: document.object,
    version: document.versions.at(-1)?.version ?? 0,
    published: document.published,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  };
}
