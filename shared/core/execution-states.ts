import type { z } from 'zod';
import type { executionState } from '../contracts/executions.ts';

export type ExecutionState = z.infer<typeof executionState>;

/** Which state of a run may follow which. A run stays in its state when a worker goes on with it, which is no transition. */
const following: Record<ExecutionState, readonly ExecutionState[]> = {
  queued: ['running', 'paused', 'cancelling', 'cancelled', 'succeeded', 'partial', 'failed'],
  running: ['queued', 'waiting', 'paused', 'cancelling', 'succeeded', 'partial', 'failed'],
  waiting: ['queued', 'running', 'paused', 'cancelling', 'cancelled', 'succeeded', 'partial', 'failed'],
  paused: ['queued', 'waiting', 'cancelling', 'cancelled', 'succeeded', 'partial', 'failed'],
  cancelling: ['cancelled'],
  cancelled: [],
  succeeded: [],
  partial: [],
  failed: [],
};

export const unfinishedStates: readonly ExecutionState[] = ['queued', 'running', 'waiting', 'paused', 'cancelling'];

export function canFollow(from: ExecutionState, to: ExecutionState): boolean {
  return from === to || following[from].includes(to);
}

export function isTerminal(execution: { readonly state: ExecutionState }): boolean {
  return following[execution.state].length === 0;
}

/** Whether a worker may begin a page: a person may have stopped the run. */
export function mayWork(execution: { readonly state: ExecutionState }): boolean {
  return execution.state === 'queued' || execution.state === 'running' || execution.state === 'waiting';
}
