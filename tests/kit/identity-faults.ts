import type { KeyDocument } from '../../shared/core/documents/key.ts';
import type { LinkDocument } from '../../shared/core/documents/link.ts';
import type { MergeDocument } from '../../shared/core/documents/merge.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { Matcher } from '../../shared/core/identity/compile-match-rules.ts';

export interface StoredIdentity {
  readonly links: readonly LinkDocument[];
  readonly shards: readonly ShardDocument[];
  readonly keys: readonly KeyDocument[];
  readonly merges: readonly MergeDocument[];
}

/** Begins the fault of an entry that does not count, since its link does not list it: what a worker leaves that died, until its page is repeated. */
export const strayKey = 'a key is not listed by';

/**
 * What must not be once nobody works any more, in words: a link without its shard, a shard without its link, a key that points nowhere, a
 * record that lacks a key it shows, a merge that does not end. `matcher` is that of all shards.
 */
export function findIdentityFaults(matcher: Matcher, stored: StoredIdentity): string[] {
  const look = new Look(stored);
  return [
    ...stored.links.flatMap((link) => look.faultsOfLink(link)),
    ...stored.shards.flatMap((shard) => look.faultsOfShard(shard, matcher)),
    ...stored.keys.flatMap((key) => look.faultsOfKey(key, matcher)),
    ...stored.merges
      .filter(({ state }) => state === 'started' || state === 'undoing')
      .map(({ id, state }) => `merge ${id} is ${state}`),
  ];
}

class Look {
  readonly #shards: ReadonlyMap<string, ShardDocument>;
  readonly #links: ReadonlyMap<string, LinkDocument>;
  readonly #keys: ReadonlyMap<string, KeyDocument>;

  constructor({ links, shards, keys }: StoredIdentity) {
    this.#shards = new Map(shards.map((shard) => [shard.id, shard]));
    this.#links = new Map(links.map((link) => [link.id, link]));
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  faultsOfLink(link: LinkDocument): string[] {
    const isLost = link.state === 'settled' && this.#shardOf(link)?.sources[link.id] === undefined;
    return isLost ? [`link of ${link.externalId} leads to no shard`] : [];
  }

  faultsOfShard(shard: ShardDocument, matcher: Matcher): string[] {
    const sources = Object.entries(shard.sources);
    if (shard.status === 'merged') return sources.length > 0 ? [`tombstone ${shard.id} is full`] : [];
    if (shard.status === 'active' && sources.length === 0) return [`shard ${shard.id} is empty`];
    return sources.flatMap(([linkId, source]) => {
      const link = this.#links.get(linkId);
      if (link === undefined || this.#shardOf(link)?.id !== shard.id)
        return [`shard of ${source.externalId} is an orphan`];
      if (source.deleted) return [];
      const lacking = matcher.claimsOf(source.externalBase).filter(({ key }) => !this.#isHeld(key, linkId));
      return lacking.map(({ rule }) => `${source.externalId} lacks its key of rule ${rule}`);
    });
  }

  faultsOfKey({ id, entries }: KeyDocument, matcher: Matcher): string[] {
    return entries.flatMap(({ linkId }) => {
      const link = this.#links.get(linkId);
      if (link === undefined) return [`a key names the link ${linkId}, which is not there`];
      if (link.claims?.keys.includes(id) !== true) return [`${strayKey} ${link.externalId}`];
      const source = this.#shardOf(link)?.sources[linkId];
      const isShown =
        source !== undefined && !source.deleted && matcher.claimsOf(source.externalBase).some(({ key }) => key === id);
      return isShown ? [] : [`a key of ${link.externalId} points nowhere`];
    });
  }

  #isHeld(key: string, linkId: string): boolean {
    const document = this.#keys.get(key);
    return document?.crowded === true || document?.entries.some((entry) => entry.linkId === linkId) === true;
  }

  #shardOf(link: LinkDocument): ShardDocument | undefined {
    let shard = this.#shards.get(link.shardId);
    while (shard?.mergedInto !== undefined) shard = this.#shards.get(shard.mergedInto);
    return shard;
  }
}
