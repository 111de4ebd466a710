import { addCounts } from '../core/counts.ts';
import { type ExecutionDocument, pageIdOf } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { countLeftBehind } from './apply-page.ts';

/** The run with what an interrupted attempt of its next page wrote. For a run that ends there: nobody will repeat that page and count it. */
export async function countInterruptedPage(
  deps: Pick<Deps, 'runs' | 'links' | 'shards'>,
  scope: Scope,
  execution: ExecutionDocument,
): Promise<ExecutionDocument> {
  const { id, pages, fence } = execution;
  const page = await deps.runs.pages.get(scope, { id: pageIdOf(pages), partition: id });
  if (page?.document.state !== 'applying') return execution;
  const written = await countLeftBehind(deps, scope, { executionId: id, page: pages, fence }, page.document.linkIds);
  return { ...execution, counts: addCounts(execution.counts, written) };
}
