import type { MappingTarget } from '../contracts/mapping.ts';
import { AppError } from '../core/app-error.ts';
import { type Converter, compileSchema } from '../core/conversion/compile-schema.ts';
import { findShardTypeNames } from '../core/conversion/find-programs.ts';
import { mappingVersion } from '../core/conversion/mapping-version.ts';
import type { ConversionSchemaDocument } from '../core/documents/conversion.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { checkTargets } from './check-mapping.ts';
import { findVersion, readTargets } from './find-conversion-schema.ts';
import { findShardTypes } from './find-shard-type.ts';
import { loadValidators } from './load-converter.ts';

type Needs = Pick<Deps, 'conversionContents' | 'shardTypes' | 'shardTypeContents' | 'expressions'>;

/** What a test or a dry run tries. */
export interface Tried {
  readonly targets: readonly MappingTarget[];
  readonly converter: Converter;
}

/**
 * A version of a conversion schema, or targets that are not stored yet, made ready with the shard types as they are now.
 *
 * @throws AppError `not-found`, `invalid-request`
 */
export async function findTriedTargets(
  deps: Needs,
  scope: Scope,
  document: ConversionSchemaDocument,
  body: { readonly version?: number | undefined; readonly targets?: MappingTarget[] | undefined },
): Promise<Tried> {
  if (body.targets !== undefined && body.version !== undefined) {
    const message = 'cannot be given together with "targets"';
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/version', message }] });
  }
  if (body.targets !== undefined) await checkTargets(deps, scope, body.targets);
  const targets =
    body.targets ?? (await readTargets(deps, scope, document.id, findVersion(document, body.version).contentId));
  const ids = [...new Set(findShardTypeNames(targets).map(({ shardTypeId }) => shardTypeId))];
  const types = await findShardTypes(deps, scope, ids);
  const shardTypes = Object.fromEntries(
    types.flatMap((type) => (type === undefined ? [] : [[type.id, type.contentId]])),
  );
  const converter = await compileSchema({
    object: document.object,
    targets,
    version: mappingVersion(document.object, targets, shardTypes),
    validators: await loadValidators(deps, scope, shardTypes),
  });
  return { targets, converter };
}

/** The target that a feed is of: its place among the targets is the same. */
export function targetOf({ targets, converter }: Tried, feed: Converter['feeds'][number]): MappingTarget {
  const target = targets[converter.feeds.indexOf(feed)];
  if (target === undefined) throw new Error('A shard has no target');
  return target;
}
