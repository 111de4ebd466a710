import { isUnseenSince, wasThere } from '../../core/compare-records.ts';
import type { ComparedFeed } from '../../core/documents/comparison.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdRange, SeenRecords } from '../../core/seen-records.ts';
import { readRecords } from '../apply-page/leave-records.ts';
import type { MergeNeeds } from '../merge-shards/complete-merge.ts';

/** Links are small; a query of these is answered in one piece. */
export const linksPerQuery = 1000;

export interface ListedLinks {
  /** How many of them have a record that had been here. */
  readonly links: number;
  readonly missing: readonly string[];
  /** The last one; absent when these were the last of the range. */
  readonly last: string | undefined;
}

/** Compares the next links of a feed with what the run has seen. */
export async function listMissing(
  deps: MergeNeeds,
  scope: Scope,
  { integrationId, feed, shardTypeId }: Pick<ComparedFeed, 'feed' | 'shardTypeId'> & { readonly integrationId: string },
  seen: SeenRecords,
  { ids, after, fence }: { readonly ids: IdRange; readonly after: string | undefined; readonly fence: number },
): Promise<ListedLinks> {
  const afterId = after ?? ids.from;
  const links = await deps.links.list(scope, {
    filters: [
      { field: 'integrationId', is: 'equal', value: integrationId },
      { field: 'object', is: 'equal', value: feed },
      { field: 'shardTypeId', is: 'equal', value: shardTypeId },
      ...(ids.to === undefined ? [] : [{ field: 'id', is: 'below' as const, value: ids.to }]),
    ],
    order: 'ascending',
    limit: linksPerQuery,
    ...(afterId === undefined ? {} : { afterId }),
  });
  const known = links.filter(({ document }) => wasThere(document, fence));
  const unborn = await findUnborn(deps, scope, known);
  const there = known.filter(({ document }) => !unborn.has(document.id));
  const missing = there.filter(({ document }) => isUnseenSince(document, fence) && !seen.has(document.id));
  return {
    links: there.length,
    missing: missing.map(({ document }) => document.id),
    last: links.length < linksPerQuery ? undefined : links.at(-1)?.document.id,
  };
}

/** Links that were only reserved for a record that others refer to, or whose shard was never written: there is nothing to be deleted. */
async function findUnborn(
  deps: MergeNeeds,
  scope: Scope,
  links: readonly Stored<LinkDocument>[],
): Promise<ReadonlySet<string>> {
  const doubtful = links.flatMap(({ document }) => (document.hash === undefined ? [document.id] : []));
  const records = await readRecords(deps, scope, doubtful);
  const born = new Set(records.flatMap(({ link, source }) => (source?.deleted === false ? [link.document.id] : [])));
  return new Set(doubtful.filter((id) => !born.has(id)));
}
