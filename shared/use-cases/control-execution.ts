import { AppError } from '../core/app-error.ts';
import { describeExecution } from '../core/describe-execution.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Attempt } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findExecution } from './find-execution.ts';
import { moveExecution } from './move-execution.ts';
import { recordAudit } from './record-audit.ts';

interface Control {
  /** For the audit trail. */
  readonly action: string;
  /** The run is as was asked already: asking again changes nothing. */
  readonly isDone: (execution: ExecutionDocument) => boolean;
  /** The run as asked; `undefined` when its state does not allow it. */
  readonly change: (execution: ExecutionDocument, now: string) => Promise<ExecutionDocument | undefined>;
  /** What has to follow the write; repeated with the request. */
  readonly follow?: (execution: ExecutionDocument) => Promise<void>;
}

/** Does what a person asks of a run: conditional on the run as it was seen, looked at again after a lost race. */
export async function controlExecution(
  deps: Deps,
  scope: Scope,
  {
    params,
    attempt,
  }: {
    readonly params: { readonly integrationId: string; readonly executionId: string };
    readonly attempt: Pick<Attempt, 'repeated'>;
  },
  { action, isDone, change, follow }: Control,
): Promise<{ body: ReturnType<typeof describeExecution> }> {
  for (;;) {
    const stored = await findExecution(deps, scope, params);
    const before = stored.document;
    const now = deps.now();
    if (isDone(before)) {
      await follow?.(before);
      return { body: describeExecution(before, now) };
    }
    const asked = await change(before, now.toISOString());
    if (asked === undefined) {
      // The first try may have taken, and the run gone on since.
      if (attempt.repeated) return { body: describeExecution(before, now) };
      throw new AppError('wrong-state', { detail: `The execution is ${before.state}.` });
    }
    const cause = `asked for by ${scope.actor.kind} ${scope.actor.id}`;
    const moved = await moveExecution(deps, scope, stored, { execution: asked, cause });
    if (moved === undefined) continue;
    await follow?.(moved.document);
    await recordAudit(deps, scope, { action, subject: before.taskId, detail: before.id });
    return { body: describeExecution(moved.document, now) };
  }
}
