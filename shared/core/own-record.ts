import { apiOrigin } from '../contracts/identifiers.ts';
import { canonicalText, shortHash } from './canonical.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import { leafPaths } from './identity/survivorship.ts';
import type { JsonObject } from './json.ts';
import { linkIdOf, type Observation } from './observation.ts';

/**
 * A shard that is made here is a record like any other, of a source that is none of the integrations: so it has a link, claims the keys of its values,
 * and a provider's record that matches it joins it. The record is what was said here, not what became of the shard.
 */
export interface OwnRecord {
  readonly shardTypeId: string;
  /** Of no meaning; what the record is named by for good. */
  readonly externalId: string;
  readonly data: JsonObject;
  readonly deleted: boolean;
}

export function ownLinkId({ shardTypeId, externalId }: Pick<OwnRecord, 'shardTypeId' | 'externalId'>): string {
  return linkIdOf(apiOrigin, shardTypeId, externalId, shardTypeId);
}

/** @param rulesPrint over the match rules in force: under others its keys are made anew */
export function observeOwn(record: OwnRecord, modifiedAt: string, rulesPrint: string): Observation {
  const { shardTypeId, externalId, data, deleted } = record;
  return {
    linkId: ownLinkId(record),
    feed: { object: shardTypeId, shardTypeId, paths: leafPaths([data]) },
    externalId,
    deleted,
    data,
    hash: deleted ? 'deleted' : shortHash(`${rulesPrint} ${canonicalText(data)}`),
    version: undefined,
    modifiedAt,
  };
}

/** The record of its own of which the shard says that this request spoke last: its keys are to follow. */
export function findOwnLink(shard: ShardDocument, requestId: string): string | undefined {
  return Object.entries(shard.sources).find(
    ([, { integrationId, last }]) => integrationId === apiOrigin && last.executionId === requestId,
  )?.[0];
}

/** The record by which a shard was made here; of several, since it was merged, the one that was said last. */
export function findOwnSource(
  shard: ShardDocument,
): { readonly linkId: string; readonly source: ShardSource } | undefined {
  const own = Object.entries(shard.sources).filter(([, source]) => source.integrationId === apiOrigin);
  const live = own.filter(([, source]) => !source.deleted);
  const [last] = live.sort(([left, a], [right, b]) => b.observed.fence - a.observed.fence || (left < right ? -1 : 1));
  return last === undefined ? undefined : { linkId: last[0], source: last[1] };
}
