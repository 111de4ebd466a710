import type { MappingTarget } from '../../contracts/mapping.ts';
import { canonicalText, shortHash } from '../canonical.ts';
import type { Json } from '../json.ts';

/**
 * Names a mapping by what it does, the shard types that it is held to included. It is part of every link's hash and of every watermark's key: a
 * changed mapping is a new one, whose first run reads everything again.
 *
 * @param shardTypes the version of each shard type that the targets name
 */
export function mappingVersion(
  object: string,
  targets: readonly MappingTarget[],
  shardTypes: Readonly<Record<string, string>>,
): string {
  return shortHash(canonicalText([object, targets as unknown as Json, { ...shardTypes }]));
}
