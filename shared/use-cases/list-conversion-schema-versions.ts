import type { listConversionSchemaVersions as route } from '../contracts/conversion-schemas.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findConversionSchema } from './find-conversion-schema.ts';
import { listVersions } from './list-page.ts';

/** The versions of a conversion schema, newest first. Throws `not-found`. */
export async function listConversionSchemaVersions(
  deps: Pick<Deps, 'conversionSchemas'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findConversionSchema(deps, scope, params);
  const { items, nextCursor } = listVersions('conversion-schema-versions', document.id, query, document.versions);
  return {
    body: {
      items: items.map(({ version, note, createdAt }) => ({
        version,
        isPublished: version === document.published,
        note,
        createdAt,
      })),
      nextCursor,
    },
  };
}
