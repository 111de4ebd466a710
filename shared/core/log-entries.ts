import type { z } from 'zod';
import type { logEvent, logLevel } from '../contracts/execution-details.ts';
import { type ExecutionDocument, runIdOf } from './documents/execution.ts';
import type { LogDocument } from './documents/execution-details.ts';
import type { ExecutionState } from './execution-states.ts';
import type { JsonObject } from './json.ts';
import type { Scope } from './scope.ts';

/** Something to be noted of a run, without what every entry has. */
export interface Note {
  readonly level: z.infer<typeof logLevel>;
  readonly event: z.infer<typeof logEvent>;
  readonly message: string;
  readonly data?: JsonObject;
}

const levels: Partial<Record<ExecutionState, Note['level']>> = {
  waiting: 'warning',
  partial: 'warning',
  failed: 'error',
};

/** Room is left for what stands before it in the message. */
const longestCause = 1900;

/** The note of a change of state; `undefined` when the state is the same. */
export function noteTransition(
  from: ExecutionState | undefined,
  execution: Pick<ExecutionDocument, 'state' | 'problem' | 'waitingUntil'>,
  cause: string | undefined,
): Note | undefined {
  const to = execution.state;
  if (from === to) return undefined;
  const reason = (cause ?? execution.problem)?.slice(0, longestCause).toWellFormed();
  const until = to === 'waiting' ? execution.waitingUntil : undefined;
  return {
    level: levels[to] ?? 'info',
    event: 'state-changed',
    message: reason === undefined ? `The run is ${to}.` : `The run is ${to}: ${reason}`,
    data: {
      ...(from === undefined ? {} : { from }),
      to,
      ...(reason === undefined ? {} : { cause: reason }),
      ...(until === undefined ? {} : { until }),
    },
  };
}

export function logDocumentOf(
  note: Note,
  execution: Pick<ExecutionDocument, 'id' | 'executionId' | 'tenantId' | 'partition'>,
  { id, at, actor }: { readonly id: string; readonly at: string; readonly actor: Scope['actor'] },
): LogDocument {
  const { partition } = execution;
  const data = partition === undefined ? note.data : { ...note.data, partition: partition.index };
  return {
    id,
    executionId: execution.executionId,
    runId: runIdOf(execution),
    tenantId: execution.tenantId,
    kind: 'log',
    schemaVersion: 1,
    at,
    level: note.level,
    event: note.event,
    message: note.message.toWellFormed(),
    actor: { kind: actor.kind, id: actor.id },
    ...(data === undefined ? {} : { data }),
  };
}
