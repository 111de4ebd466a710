import type { KnownShardType } from './shard-types/known-shard-type.ts';

/** A shard type as lists show it. */
export function summariseShardType({ id, builtIn, stored, version }: KnownShardType) {
  return {
    id,
    name: stored?.document.name ?? builtIn?.name ?? id,
    builtIn: builtIn !== undefined,
    version,
    createdAt: stored?.document.createdAt,
    updatedAt: stored?.document.updatedAt,
  };
}

/** The version that a conditional change is based on: the document's, or what is built in while there is none. */
export function shardTypeEtag({ stored, contentId }: KnownShardType): string {
  return stored?.etag ?? contentId;
}
