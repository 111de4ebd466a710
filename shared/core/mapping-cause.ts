import type { Cause } from './documents/cause.ts';
import type { PlannedObject } from './documents/conversion.ts';

/** What a cause says of the mapping by which a record became what was written. */
export function mappingCause({
  mappingVersion,
  conversionSchema,
}: PlannedObject): Pick<Cause, 'mappingVersion' | 'conversionSchema'> {
  if (conversionSchema === undefined) return { mappingVersion };
  const { id, version } = conversionSchema;
  return { mappingVersion, conversionSchema: { id, version } };
}
