import type { ShardTypeDocument, VersionEntry } from '../documents/conversion.ts';
import type { Stored } from '../ports.ts';
import { type BuiltInShardType, builtInContentId, findBuiltIn } from './built-in.ts';

/** A shard type of a tenant: what is built in, what the tenant made of it, or the tenant's own. */
export interface KnownShardType {
  readonly id: string;
  readonly builtIn: BuiltInShardType | undefined;
  readonly stored: Stored<ShardTypeDocument> | undefined;
  /** The newest version, which holds. */
  readonly version: number;
  readonly contentId: string;
}

/** `undefined` where a type is neither stored nor built in. */
export function knowShardType(id: string, stored: Stored<ShardTypeDocument> | undefined): KnownShardType | undefined {
  const builtIn = findBuiltIn(id);
  const newest = versionsOf(builtIn, stored).at(-1);
  if (newest === undefined) return undefined;
  return { id, builtIn, stored, version: newest.version, contentId: newest.contentId };
}

/** Oldest first. What is built in is version 1 of a built-in type, whatever the tenant made of it since. */
export function versionsOf(
  builtIn: BuiltInShardType | undefined,
  stored: Stored<ShardTypeDocument> | undefined,
): readonly (Omit<VersionEntry, 'createdAt'> & { readonly createdAt?: string | undefined })[] {
  const own = stored?.document.versions ?? [];
  return builtIn === undefined ? own : [{ version: 1, contentId: builtInContentId(builtIn) }, ...own];
}
