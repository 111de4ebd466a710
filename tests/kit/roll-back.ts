import type { ExecutionDocument } from '../../shared/core/documents/execution.ts';
import type { JsonObject } from '../../shared/core/json.ts';
import { startRollback } from '../../shared/use-cases/rollback/start-rollback.ts';
import type { SyncHarness } from './sync-harness.ts';

/** Begins to take a run of the harness back. */
export async function startRollingBack(
  { deps, scope, read }: SyncHarness,
  undoneId: string,
  acceptProvider = false,
  executionId = deps.newId('execution'),
): Promise<ExecutionDocument> {
  return startRollback(deps, scope, await read(undoneId), { executionId, acceptProvider });
}

/** Takes a run of the harness back, to the end. */
export async function rollBack(
  harness: SyncHarness,
  undoneId: string,
  acceptProvider = false,
): Promise<ExecutionDocument> {
  return harness.finish((await startRollingBack(harness, undoneId, acceptProvider)).id);
}

/** What is decided of each shard, by external id: its status and data, without how it came to be. */
export async function contentOf({
  shards,
}: SyncHarness): Promise<Record<string, { status: string; data: JsonObject }>> {
  return Object.fromEntries([...(await shards())].map(([id, { status, data }]) => [id, { status, data }]));
}
