import type { ExecutionDocument } from '../core/documents/execution.ts';
import { pageIdOf } from '../core/documents/execution.ts';
import type { LinkDocument } from '../core/documents/link.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { leaveRecords, readRecords } from './apply-page/leave-records.ts';
import type { MergeNeeds } from './merge-shards/complete-merge.ts';

/**
 * Takes back what the links of an interrupted page say. Its worker may have died between a shard and its link, so that the link's hash is of
 * what the shard no longer shows; should the provider have gone back to just that, it would pass for unchanged for ever. A link that is
 * `pending` has its shard compared when its record is next seen. A link that only remembers a deletion has no shard to differ from, and was made after
 * whoever died had found none.
 */
export async function reopenLinks(deps: Pick<Deps, 'links'>, scope: Scope, linkIds: readonly string[]): Promise<void> {
  let ids = linkIds;
  while (ids.length > 0) {
    const links = await deps.links.getMany(
      scope,
      ids.map((id) => ({ id })),
    );
    const settled: Stored<LinkDocument>[] = links.flatMap((link) =>
      link?.document.state === 'settled' && !remembersDeletion(link.document) ? [link] : [],
    );
    const results = await deps.links.writeMany(
      scope,
      settled.map(({ document, etag }) => ({ kind: 'replace', document: { ...document, state: 'pending' }, etag })),
    );
    ids = settled.flatMap(({ document }, index) => (results[index]?.ok ? [] : [document.id]));
  }
}

function remembersDeletion({ hash, last }: LinkDocument): boolean {
  return hash === 'deleted' && last === undefined;
}

/** The same for the page on which a run ended, if it was interrupted there: nobody will repeat that page. */
export async function reopenLastPage(
  deps: MergeNeeds & Pick<Deps, 'keys' | 'runs'>,
  scope: Scope,
  execution: ExecutionDocument,
): Promise<void> {
  const page = await deps.runs.pages.get(scope, { id: pageIdOf(execution.pages), partition: execution.id });
  if (page?.document.state !== 'applying') return;
  const { linkIds } = page.document;
  await reopenLinks(deps, scope, linkIds);
  await leaveRecords(deps, scope, execution.plan.matchRules, await readRecords(deps, scope, linkIds));
}
