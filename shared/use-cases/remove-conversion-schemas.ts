import type { Collection, Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** How many documents are removed at a time. */
const batchSize = 100;

/** Removes all conversion schemas of an integration with what their versions say. Safe to repeat. */
export async function removeConversionSchemas(
  deps: Pick<Deps, 'conversionSchemas' | 'conversionContents'>,
  scope: Scope,
  integrationId: string,
): Promise<void> {
  await removeAll(deps.conversionSchemas, scope, integrationId);
  await removeAll(deps.conversionContents, scope, integrationId);
}

async function removeAll<T extends { readonly id: string }>(
  collection: Collection<T>,
  scope: Scope,
  integrationId: string,
): Promise<void> {
  for (;;) {
    const found: Stored<T>[] = await collection.list(scope, {
      filters: [{ field: 'integrationId', is: 'equal', value: integrationId }],
      order: 'ascending',
      limit: batchSize,
    });
    for (const { document } of found) await collection.remove(scope, { id: document.id });
    if (found.length < batchSize) return;
  }
}
