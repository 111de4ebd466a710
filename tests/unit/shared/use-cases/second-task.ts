import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { startExecution } from '../../../../shared/use-cases/start-execution.ts';
import type { SyncHarness } from '../../../kit/sync-harness.ts';

/** Another task of the harness's integration, by default reading the same objects into the same shards. */
export async function addTask(harness: SyncHarness, change: Partial<TaskDocument> = {}): Promise<TaskDocument> {
  const { lastExecutionId: _last, ...first } = await harness.task();
  const document: TaskDocument = { ...first, id: harness.deps.newId('task'), watermarks: {}, ...change };
  await harness.deps.tasks.write(harness.scope, { kind: 'create', document });
  return document;
}

export async function runTask(
  harness: SyncHarness,
  task: Pick<TaskDocument, 'id' | 'integrationId'>,
  mode?: 'full' | 'incremental',
): Promise<ExecutionDocument> {
  const { id } = await startExecution(harness.deps, harness.scope, {
    integrationId: task.integrationId,
    taskId: task.id,
    trigger: 'manual',
    ...(mode === undefined ? {} : { mode }),
  });
  return harness.finish(id);
}

/** Changes the harness's task, as its owner would. */
export async function editTask(harness: SyncHarness, change: Partial<TaskDocument>): Promise<TaskDocument> {
  const stored = await harness.deps.tasks.get(harness.scope, { id: (await harness.task()).id });
  if (stored === undefined) throw new Error('no task');
  const document = { ...stored.document, ...change };
  await harness.deps.tasks.write(harness.scope, { kind: 'replace', document, etag: stored.etag });
  return document;
}
