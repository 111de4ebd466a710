import { AppError } from '../core/app-error.ts';
import type { PlannedObject } from '../core/documents/conversion.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import { dueKey } from '../core/due.ts';
import { isTerminal } from '../core/execution-states.ts';
import { type PlanInput, planExecution } from '../core/plan-execution.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { sourceOf } from '../core/watermark.ts';
import { freezeMappings } from './freeze-mappings.ts';
import { freezeMatchRules } from './freeze-match-rules.ts';
import { freeTask, occupyTask } from './hold-task.ts';
import { createExecution } from './move-execution.ts';
import { putWatch } from './put-watch.ts';
import { sendSyncMessage } from './send-sync-message.ts';
import { settleExecution } from './settle-execution.ts';

type Needs = Pick<
  Deps,
  | 'integrations'
  | 'tasks'
  | 'conversionSchemas'
  | 'conversionContents'
  | 'shardTypes'
  | 'runs'
  | 'links'
  | 'holds'
  | 'shards'
  | 'journal'
  | 'keys'
  | 'merges'
  | 'shardImages'
  | 'matchRules'
  | 'leases'
  | 'due'
  | 'events'
  | 'healthDue'
  | 'syncQueue'
  | 'pushLanes'
  | 'pushQueue'
  | 'now'
  | 'newId'
  | 'engine'
  | 'log'
>;

export interface StartExecutionInput {
  readonly integrationId: string;
  readonly taskId: string;
  readonly mode?: ExecutionDocument['mode'] | undefined;
  readonly trigger: ExecutionDocument['trigger'];
  /** Starting again with the same id finds the run that was started. */
  readonly executionId?: string;
  /** What the run does, where that is not just what the task says. */
  readonly plan?: (task: TaskDocument, input: PlanInput) => ExecutionDocument;
}

/**
 * Queues a run of a task. Order of writes: the lease (one run a task), the watch (so that the run is looked after from here on), the execution,
 * the message. A crash after any of them leaves something that the watch, or the next start, completes.
 *
 * @throws AppError `not-found`, `not-connected`, `not-published`, `already-running`
 */
export async function startExecution(
  deps: Needs,
  scope: Scope,
  input: StartExecutionInput,
): Promise<ExecutionDocument> {
  await loadRunnable(deps, scope, input);
  const executionId = input.executionId ?? deps.newId('execution');
  const started = await readExecution(deps, scope, executionId);
  if (started !== undefined) return started;
  await occupy(deps, scope, input, executionId);
  const { task, integration } = await loadOccupied(deps, scope, input, executionId);
  const objects = await freeze(deps, scope, input, executionId, task);
  const now = deps.now();
  await putWatch(deps, scope, { ...input, id: executionId }, now.getTime() + deps.engine.leaseMs + deps.engine.watchMs);
  const plan = input.plan ?? planExecution;
  const execution = plan(task, {
    executionId,
    objects,
    mode: input.mode ?? task.mode,
    trigger: input.trigger,
    source: sourceOf(integration),
    matchRules: await freezeMatchRules(
      deps,
      scope,
      objects.flatMap(({ shardTypes }) => Object.keys(shardTypes)),
    ),
    now: now.toISOString(),
  });
  await createExecution(deps, scope, execution);
  await sendSyncMessage(deps, scope, execution);
  return execution;
}

interface Runnable {
  readonly task: TaskDocument;
  readonly integration: IntegrationDocument;
}

async function loadRunnable(deps: Needs, scope: Scope, input: StartExecutionInput): Promise<Runnable> {
  const [integration, task] = await Promise.all([
    deps.integrations.get(scope, { id: input.integrationId }),
    deps.tasks.get(scope, { id: input.taskId }),
  ]);
  if (integration === undefined || task?.document.integrationId !== input.integrationId)
    throw new AppError('not-found');
  if (!integration.document.enabled) throw new AppError('not-connected', { detail: 'The integration is disabled.' });
  if (integration.document.connection === undefined) {
    throw new AppError('not-connected', { detail: 'Connect the integration first.' });
  }
  if (integration.document.connection.state === 'failing') {
    const { problem = 'The provider does not accept the credential.' } = integration.document.connection;
    const detail = `The connection is paused: ${problem} Test the connection, or connect it anew.`;
    throw new AppError('not-connected', { detail });
  }
  return { task: task.document, integration: integration.document };
}

/** The task as the run before left it: that one's watermarks may have been written only when this run took its place. */
async function loadOccupied(
  deps: Needs,
  scope: Scope,
  input: StartExecutionInput,
  executionId: string,
): Promise<Runnable> {
  try {
    return await loadRunnable(deps, scope, input);
  } catch (error) {
    await freeTask(deps, scope, input.taskId, executionId);
    throw error;
  }
}

/** The task's mappings as they are published now. A task that can't be planned does not stay occupied. */
async function freeze(
  deps: Needs,
  scope: Scope,
  { integrationId, taskId }: StartExecutionInput,
  executionId: string,
  task: TaskDocument,
): Promise<PlannedObject[]> {
  try {
    return await freezeMappings(deps, scope, integrationId, task.objects);
  } catch (error) {
    await freeTask(deps, scope, taskId, executionId);
    throw error;
  }
}

/**
 * Takes the task for a run, once the run that has it is seen to have ended.
 *
 * @throws AppError `already-running`
 */
export async function occupy(
  deps: Needs,
  scope: Scope,
  input: Pick<StartExecutionInput, 'integrationId' | 'taskId'>,
  executionId: string,
): Promise<void> {
  const { taskId } = input;
  for (;;) {
    const occupant = await occupyTask(deps, scope, taskId, executionId);
    if (occupant.executionId === executionId) return;
    const other = await readExecution(deps, scope, occupant.executionId);
    if (other !== undefined && isTerminal(other)) {
      await settleExecution(deps, scope, other);
    } else if (other === undefined && occupant.expired) {
      await freeTask(deps, scope, taskId, occupant.executionId);
    } else {
      if (occupant.expired) await ensureWatch(deps, scope, input, occupant.executionId);
      throw new AppError('already-running', { detail: `Execution ${occupant.executionId} is in progress.` });
    }
  }
}

/** A run that nobody works on and nobody looks after would occupy its task for ever. */
async function ensureWatch(
  deps: Needs,
  scope: Scope,
  input: Pick<StartExecutionInput, 'integrationId' | 'taskId'>,
  executionId: string,
): Promise<void> {
  const watch = await deps.due.get(dueKey('watch', scope.tenantId, input.taskId));
  if (watch?.document.executionId === executionId) return;
  await putWatch(deps, scope, { ...input, id: executionId }, deps.now().getTime());
}

async function readExecution(deps: Needs, scope: Scope, id: string): Promise<ExecutionDocument | undefined> {
  return (await deps.runs.executions.get(scope, { id, partition: id }))?.document;
}
