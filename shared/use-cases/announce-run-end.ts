import type { EventType } from '../contracts/events.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { recordEvent } from './record-event.ts';
import { watchIntegration } from './watch-integration.ts';

const endEvents: Partial<Record<ExecutionDocument['state'], EventType>> = {
  succeeded: 'sync.completed',
  partial: 'sync.completed',
  failed: 'sync.failed',
};

/** Tells how a run ended, once, and has the integration's health looked at. Repeatable. */
export async function announceRunEnd(
  deps: Pick<Deps, 'events' | 'healthDue' | 'now'>,
  scope: Scope,
  execution: ExecutionDocument,
): Promise<void> {
  const { id, state, finishedAt, integrationId, taskId, mode, trigger, counts, problem } = execution;
  const type = endEvents[state];
  if (type !== undefined && finishedAt !== undefined) {
    const data = { integrationId, taskId, state, mode, trigger, counts, ...(problem === undefined ? {} : { problem }) };
    await recordEvent(deps, scope, { type, subject: id, at: finishedAt, data });
  }
  await watchIntegration(deps, scope, integrationId);
}
