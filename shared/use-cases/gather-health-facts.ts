import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import { dueKey } from '../core/due.ts';
import { isTerminal } from '../core/execution-states.ts';
import type { HealthFacts, TaskFacts } from '../core/judge-health.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

type Needs = Pick<Deps, 'tasks' | 'runs' | 'leases' | 'due' | 'now' | 'engine'>;

const mostTasks = 100;

/** As many runs of a task as tell how it does; older ones are history. */
const runsLookedAt = 10;

/** States in which a worker or the watch has the run. A run that waits for a person has neither. */
const inHands: readonly ExecutionDocument['state'][] = ['queued', 'running', 'waiting', 'cancelling'];

/** What there is to know about an integration at the moment. */
export async function gatherHealthFacts(
  deps: Needs,
  scope: Scope,
  integration: IntegrationDocument,
  workDelayedSince?: string,
): Promise<HealthFacts> {
  const tasks = await deps.tasks.list(scope, {
    filters: [{ field: 'integrationId', is: 'equal', value: integration.id }],
    order: 'descending',
    limit: mostTasks,
  });
  const facts: TaskFacts[] = [];
  for (const { document } of tasks) {
    if (document.enabled) facts.push(await gatherTaskFacts(deps, scope, document));
  }
  return { integration, tasks: facts, workDelayedSince };
}

async function gatherTaskFacts(deps: Needs, scope: Scope, task: TaskDocument): Promise<TaskFacts> {
  const stored = await deps.runs.executions.list(scope, {
    filters: [{ field: 'taskId', is: 'equal', value: task.id }],
    order: 'descending',
    limit: runsLookedAt,
  });
  // The id of a scheduled run tells when it was due, not when it began.
  const runs = stored.map(({ document }) => document).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  for (const run of runs) {
    if (inHands.includes(run.state) && (await isStuck(deps, scope, run))) {
      return { taskId: task.id, name: task.name, runs, stuck: run };
    }
  }
  // How a task syncs is not told by what took its runs back.
  const syncs = runs.filter(({ trigger }) => trigger !== 'rollback');
  return { taskId: task.id, name: task.name, runs: syncs };
}

/** Whether a run has no end in sight: its lease is long over, and the clock does not look after it. */
async function isStuck(deps: Needs, scope: Scope, run: ExecutionDocument): Promise<boolean> {
  const longOverMs = deps.now().getTime() - 2 * (deps.engine.leaseMs + deps.engine.watchMs);
  if (Math.max(Date.parse(run.updatedAt), Date.parse(run.waitingUntil ?? run.updatedAt)) > longOverMs) return false;
  const lease = (await deps.leases.get(scope, { id: run.taskId }))?.document;
  if (lease?.executionId === run.id && Date.parse(lease.expiresAt) > longOverMs) return false;
  const watch = await deps.due.get(dueKey('watch', scope.tenantId, run.taskId));
  if (watch?.document.executionId === run.id) return false;
  // It may have ended since it was listed.
  const stored = await deps.runs.executions.get(scope, { id: run.id, partition: run.id });
  return stored !== undefined && !isTerminal(stored.document);
}
