import type { MappingTarget } from '../contracts/mapping.ts';
import { canonicalText, shortHash } from '../core/canonical.ts';
import { contentKey } from '../core/documents/conversion.ts';
import type { Json } from '../core/json.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Keeps what a version says under the hash of it, so that nobody can change it later. Safe to repeat. */
export async function storeTargets(
  deps: Pick<Deps, 'conversionContents'>,
  scope: Scope,
  owner: { readonly integrationId: string; readonly conversionSchemaId: string },
  targets: MappingTarget[],
): Promise<string> {
  const contentId = shortHash(canonicalText(targets as unknown as Json));
  await deps.conversionContents.write(scope, {
    kind: 'upsert',
    document: {
      id: contentKey(owner.conversionSchemaId, contentId),
      tenantId: scope.tenantId,
      kind: 'conversion-content',
      schemaVersion: 1,
      integrationId: owner.integrationId,
      ownerId: owner.conversionSchemaId,
      targets,
    },
  });
  return contentId;
}
