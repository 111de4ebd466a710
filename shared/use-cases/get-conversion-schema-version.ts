import type { getConversionSchemaVersion as route } from '../contracts/conversion-schemas.ts';
import { deriveReverse } from '../core/conversion/derive-reverse.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findConversionSchema, findVersion, readTargets } from './find-conversion-schema.ts';

type Body = OutputOf<typeof route>['body'];

/** What a version says, and how it is written back. Throws `not-found`. */
export async function getConversionSchemaVersion(
  deps: Pick<Deps, 'conversionSchemas' | 'conversionContents'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findConversionSchema(deps, scope, params);
  const { version, note, createdAt, contentId } = findVersion(document, Number(params.version));
  const targets = await readTargets(deps, scope, document.id, contentId);
  return {
    body: {
      conversionSchemaId: document.id,
      version,
      isPublished: version === document.published,
      note,
      createdAt,
      targets,
      reverse: targets.map((target) => {
        const { rules, notInvertible } = deriveReverse(target);
        return {
          shardTypeId: target.shardTypeId,
          name: target.name,
          fields: [...rules] as Body['reverse'][number]['fields'],
          notInvertible: [...notInvertible],
        };
      }),
    },
  };
}
