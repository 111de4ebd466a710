import type { PageRange } from '../../core/compare-records.ts';
import { type PageDocument, pageIdOf } from '../../core/documents/execution.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { type IdRange, SeenRecords } from '../../core/seen-records.ts';

/** A page's document may be half a megabyte. */
const pagesPerQuery = 20;

/**
 * Which records of an object the pages of a run showed; those whose links' ids are within the range. `undefined` when the pages do not tell all of
 * it: then nothing may follow from what is missing.
 */
export async function readSeen(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  object: string,
  ranges: readonly PageRange[],
  ids: IdRange,
): Promise<SeenRecords | undefined> {
  const seen = new SeenRecords(ids);
  for (const range of ranges) {
    let next = range.from;
    while (next < range.to) {
      const pages = await listPages(deps, scope, range, next);
      const isWhole =
        pages.length > 0 && pages.every(({ page, state }, index) => page === next + index && state === 'applied');
      const own = pages.filter((page) => page.object === object);
      if (!isWhole || own.some((page) => page.seen === undefined)) return undefined;
      for (const page of own) seen.add(page.seen ?? '');
      next += pages.length;
    }
  }
  return seen;
}

async function listPages(
  deps: Pick<Deps, 'runs'>,
  scope: Scope,
  { executionId, to }: PageRange,
  next: number,
): Promise<PageDocument[]> {
  const pages = await deps.runs.pages.list(scope, {
    partition: executionId,
    filters: [],
    order: 'ascending',
    limit: Math.min(pagesPerQuery, to - next),
    ...(next === 0 ? {} : { afterId: pageIdOf(next - 1) }),
  });
  return pages.map(({ document }) => document);
}
