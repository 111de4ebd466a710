import type { z } from 'zod';
import type { execution } from '../../shared/contracts/executions.ts';
import type { hold } from '../../shared/contracts/holds.ts';
import { AppError } from '../../shared/core/app-error.ts';
import type { Attempt } from '../../shared/core/route-input.ts';
import type { Scope } from '../../shared/core/scope.ts';
import { cancelExecution } from '../../shared/use-cases/cancel-execution.ts';
import { approveHold } from '../../shared/use-cases/holds/approve-hold.ts';
import { cancelHold } from '../../shared/use-cases/holds/cancel-hold.ts';
import { rejectHold } from '../../shared/use-cases/holds/reject-hold.ts';
import { pauseExecution } from '../../shared/use-cases/pause-execution.ts';
import { resumeExecution } from '../../shared/use-cases/resume-execution.ts';
import { retryExecution } from '../../shared/use-cases/retry-execution.ts';
import { retryFailedRecord } from '../../shared/use-cases/retry-failed-record.ts';
import type { MemoryDeps } from './memory-ports.ts';
import { type SyncHarness, traceparent } from './sync-harness.ts';

type Hold = z.infer<typeof hold>;
type Execution = z.infer<typeof execution>;

const controls = { pause: pauseExecution, resume: resumeExecution, cancel: cancelExecution };

const decisions = { approve: approveHold, reject: rejectHold, cancel: cancelHold };

export type Verb = keyof typeof controls;

/** Someone who asks things of the harness's runs, as the API would pass it on. */
export interface Person {
  ask(verb: Verb, executionId: string): Promise<Execution>;
  retry(executionId: string, records?: 'all' | 'failed'): Promise<Execution>;
  retryRecord(executionId: string, failedRecordId: string): Promise<Execution>;
  decide(verb: keyof typeof decisions, holdId: string): Promise<Hold>;
}

/** @param attempt a repeated one stands for a request whose first try died */
export function createPerson(
  harness: SyncHarness,
  attempt: Pick<Attempt, 'repeated'> = { repeated: false },
  deps: MemoryDeps = harness.deps,
): Person {
  const scope: Scope = { tenantId: 'acme', actor: { kind: 'user', id: 'ana', role: 'operator' }, traceparent };
  const inputFor = async (executionId: string) => ({
    params: { integrationId: (await harness.task()).integrationId, executionId },
    query: undefined,
    ifMatch: undefined,
    attempt: { at: deps.now(), ...attempt },
  });
  return {
    ask: async (verb, executionId) =>
      (await controls[verb](deps, scope, { ...(await inputFor(executionId)), body: undefined })).body,
    retry: async (executionId, records) =>
      (
        await retryExecution(deps, scope, {
          ...(await inputFor(executionId)),
          body: records === undefined ? undefined : { records },
        })
      ).body,
    retryRecord: async (executionId, failedRecordId) => {
      const { params, ...rest } = await inputFor(executionId);
      const input = { ...rest, params: { ...params, failedRecordId }, body: undefined };
      return (await retryFailedRecord(deps, scope, input)).body;
    },
    decide: async (verb, holdId) => {
      const input = { params: { holdId }, query: undefined, body: undefined, ifMatch: undefined };
      return (await decisions[verb](deps, scope, { ...input, attempt: { at: deps.now(), ...attempt } })).body;
    },
  };
}

/** The code with which the product refuses; `undefined` when it does not. Other failures are thrown. */
export async function refusal(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
