import type { EventType } from '../contracts/events.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { recordEvent } from './record-event.ts';

const endEvents: Partial<Record<ExecutionDocument['state'], EventType>> = {
  succeeded: 'sync.completed',
  partial: 'sync.completed',
  failed: 'sync.failed',
};

/** Tells how a run ended, once. Repeatable. */
export async function announceRunEnd(
  deps: Pick<Deps, 'events'>,
  scope: Scope,
  execution: ExecutionDocument,
): Promise<void> {
  const { id, state, finishedAt, integrationId, taskId, mode, trigger, counts, problem } = execution;
  const type = endEvents[state];
  if (type === undefined || finishedAt === undefined) return;
  const data = { integrationId, taskId, state, mode, trigger, counts, ...(problem === undefined ? {} : { problem }) };
  await recordEvent(deps, scope, { type, subject: id, at: finishedAt, data });
}
