import type { MappingTarget } from '../contracts/mapping.ts';
import { AppError } from '../core/app-error.ts';
import { type ConversionSchemaDocument, contentKey, type VersionEntry } from '../core/documents/conversion.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** The integration's conversion schema. One of another integration or tenant is the same `not-found` as none. */
export async function findConversionSchema(
  deps: Pick<Deps, 'conversionSchemas'>,
  scope: Scope,
  { integrationId, conversionSchemaId }: { readonly integrationId: string; readonly conversionSchemaId: string },
): Promise<Stored<ConversionSchemaDocument>> {
  const stored = await deps.conversionSchemas.get(scope, { id: conversionSchemaId });
  if (stored === undefined || stored.document.integrationId !== integrationId) {
    throw new AppError('not-found', { detail: 'There is no such conversion schema.' });
  }
  return stored;
}

/** What a version of a conversion schema says. Throws `not-found` when the schema was removed meanwhile. */
export async function readTargets(
  deps: Pick<Deps, 'conversionContents'>,
  scope: Scope,
  conversionSchemaId: string,
  contentId: string,
): Promise<MappingTarget[]> {
  const content = await deps.conversionContents.get(scope, { id: contentKey(conversionSchemaId, contentId) });
  if (content === undefined) throw new AppError('not-found', { detail: 'The conversion schema was removed.' });
  return content.document.targets;
}

/** One version of it, the newest unless given. Throws `not-found`. */
export function findVersion({ versions }: ConversionSchemaDocument, version?: number): VersionEntry {
  const found = version === undefined ? versions.at(-1) : versions.find((entry) => entry.version === version);
  if (found === undefined) throw new AppError('not-found', { detail: 'There is no such version.' });
  return found;
}
