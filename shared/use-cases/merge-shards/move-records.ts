import { shortHash } from '../../core/canonical.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** Keeps a version of a shard before a merge changes it. Returns the image's id, which names the version: nobody overwrites it with another. */
export async function keepImage(
  deps: Pick<Deps, 'shardImages'>,
  scope: Scope,
  mergeId: string,
  { document, etag }: Stored<ShardDocument>,
  at: string,
): Promise<string> {
  const id = `${mergeId}.${shortHash(etag)}`;
  await deps.shardImages.write(scope, {
    kind: 'create',
    document: {
      id,
      tenantId: scope.tenantId,
      shardId: document.id,
      kind: 'merge-image',
      schemaVersion: 1,
      image: document,
      at,
    },
  });
  return id;
}

/** Points links to a shard, those that point to one of `from`, or all. Repeatable. */
export async function pointLinks(
  deps: Pick<Deps, 'links'>,
  scope: Scope,
  linkIds: readonly string[],
  to: string,
  from?: string,
): Promise<void> {
  let ids = linkIds;
  while (ids.length > 0) {
    const links = await deps.links.getMany(
      scope,
      ids.map((id) => ({ id })),
    );
    const wrong = links.flatMap((link) =>
      link !== undefined && link.document.shardId !== to && (from === undefined || link.document.shardId === from)
        ? [link]
        : [],
    );
    const results = await deps.links.writeMany(
      scope,
      wrong.map(({ document, etag }) => ({ kind: 'replace', document: { ...document, shardId: to }, etag })),
    );
    ids = wrong.flatMap(({ document }, index) => (results[index]?.ok ? [] : [document.id]));
  }
}
