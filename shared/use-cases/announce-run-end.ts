import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { recordEvent } from './record-event.ts';
import { watchIntegration } from './watch-integration.ts';

/** Tells how a run ended, once, and has the integration's health looked at. Repeatable. */
export async function announceRunEnd(
  deps: Pick<Deps, 'events' | 'healthDue' | 'now'>,
  scope: Scope,
  execution: ExecutionDocument,
): Promise<void> {
  const { id: subject, state, finishedAt: at, integrationId, taskId, mode, trigger, counts, problem } = execution;
  const told = { integrationId, taskId, mode, trigger, counts, ...(problem === undefined ? {} : { problem }) };
  if (at !== undefined && (state === 'succeeded' || state === 'partial')) {
    await recordEvent(deps, scope, { type: 'sync.completed', subject, at, data: { ...told, state } });
  }
  if (at !== undefined && state === 'failed') {
    await recordEvent(deps, scope, { type: 'sync.failed', subject, at, data: { ...told, state } });
  }
  await watchIntegration(deps, scope, integrationId);
}
