import { CorruptDocument } from '../core/app-error.ts';
import { addCounts } from '../core/counts.ts';
import { type ExecutionDocument, pageIdOf } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { countRecords, readRecords } from './apply-page/leave-records.ts';
import type { MergeNeeds } from './merge-shards/complete-merge.ts';

/**
 * The run with what an interrupted attempt of its next page wrote. For a run that ends there: nobody will repeat that page and count it. A page that
 * cannot be read is an alert, and does not keep the run from ending; its task stays taken until the page is mended.
 */
export async function countInterruptedPage(
  deps: MergeNeeds & Pick<Deps, 'runs'>,
  scope: Scope,
  execution: ExecutionDocument,
): Promise<ExecutionDocument> {
  const { id, pages, fence } = execution;
  try {
    const page = await deps.runs.pages.get(scope, { id: pageIdOf(pages), partition: id });
    if (page?.document.state !== 'applying') return execution;
    const records = await readRecords(deps, scope, page.document.linkIds);
    const written = countRecords(records, { executionId: id, page: pages, fence });
    return { ...execution, counts: addCounts(execution.counts, written) };
  } catch (error) {
    if (!(error instanceof CorruptDocument)) throw error;
    deps.log.alert(error.message, { tenantId: scope.tenantId, executionId: id });
    return execution;
  }
}
