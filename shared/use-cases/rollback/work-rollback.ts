import { CorruptDocument } from '../../core/app-error.ts';
import type { Cause } from '../../core/documents/cause.ts';
import { type ExecutionDocument, type PageDocument, pageIdOf } from '../../core/documents/execution.ts';
import type { Stored } from '../../core/ports.ts';
import { advanceRollback, rollbackSteps } from '../../core/rollback/plan-rollback.ts';
import type { PushRoute } from '../../core/two-way/push-routes.ts';
import { obey, type Slice } from '../begin-slice.ts';
import { commitOnTop } from '../commit-on-top.ts';
import { keepHold } from '../keep-hold.ts';
import { loadPushRoutes } from '../load-push-routes.ts';
import { largestPage, readCandidates } from './read-candidates.ts';
import { undoPage } from './undo-page.ts';

/**
 * Takes back pages of an execution from the rollback's checkpoint, until the slice is used up, the rollback has ended or was stopped. Returns whether it is
 * to be worked on again.
 */
export async function workRollback(slice: Slice): Promise<boolean> {
  const { deps, scope } = slice;
  const startedAtMs = deps.now().getTime();
  const routes = await loadPushRoutes(deps, scope);
  for (let pages = 1; ; pages += 1) {
    const moved = await undoNextPage(slice, routes);
    if (moved === undefined) return false;
    slice.run = moved;
    if (moved.document.state !== 'running') {
      await obey(slice);
      return false;
    }
    if (pages >= deps.engine.pagesPerSlice || deps.now().getTime() - startedAtMs >= deps.engine.sliceMs) return true;
  }
}

async function undoNextPage(
  slice: Slice,
  routes: readonly PushRoute[],
): Promise<Stored<ExecutionDocument> | undefined> {
  const { deps, scope, run } = slice;
  const { id, plan, checkpoint, pages, fence } = run.document;
  const step = rollbackSteps[checkpoint.objectIndex];
  if (plan.rollback === undefined || step === undefined)
    throw new CorruptDocument(`execution ${id}`, 'its checkpoint names no step');
  const { executionId, acceptProvider } = plan.rollback;
  const limit = Math.min(plan.pageSize, largestPage);
  const range = { executionId, step, afterId: checkpoint.cursor, limit };
  const { candidates, next } = await readCandidates(deps, scope, range);
  const at = deps.now().toISOString();
  const cause: Cause = { kind: 'rollback', id, actorId: scope.actor.id, undoes: executionId, at };
  const input = { executionId, rollbackId: id, leavesOutCreated: step === 'changed', acceptProvider, cause, routes };
  const counts = await undoPage(deps, scope, input, candidates, () => keepHold(slice));
  if (counts === undefined || !(await keepHold(slice))) return undefined;
  const page: PageDocument = {
    id: pageIdOf(pages),
    executionId: id,
    tenantId: scope.tenantId,
    kind: 'page',
    schemaVersion: 1,
    page: pages,
    object: step,
    state: 'applied',
    fence,
    linkIds: [],
    counts,
    at,
  };
  return commitOnTop(deps, scope, run, (document) => ({
    execution: advanceRollback(document, { counts, next }, at),
    page,
  }));
}
