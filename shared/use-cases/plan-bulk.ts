import { isDeepStrictEqual } from 'node:util';
import { fail, readAnew } from '../core/advance-execution.ts';
import type { BulkEnvelope, BulkPlan } from '../core/bulk-envelope.ts';
import { notePartitions, planPartitions, readsNothing, wantedParts } from '../core/bulk-run.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import { isTerminal, mayWork } from '../core/execution-states.ts';
import type { Deps, Stored } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { sourceOf } from '../core/watermark.ts';
import { findBulkRun, readPartitions } from './bulk-run.ts';
import { findAdapter } from './find-adapter.ts';
import { occupyTask } from './hold-task.ts';
import { createExecution, moveExecution } from './move-execution.ts';
import { settleExecution } from './settle-execution.ts';

/**
 * Cuts a run into partitions, once, and tells how many workers they need. Safe to repeat after a crash: the same partitions are planned again, and
 * those that are there stay as they are. Should they be others than those that were begun to be written, the run fails.
 */
export async function planBulk(deps: Deps, envelope: BulkEnvelope): Promise<BulkPlan> {
  const scope = systemScope(envelope.tenantId, 'bulk-sync', envelope.traceparent);
  for (;;) {
    const stored = await findBulkRun(deps, scope, envelope);
    if (stored === undefined || !mayWork(stored.document)) return nothing;
    if (stored.document.bulk !== undefined && stored.document.bulk.partitions > 0) return describe(deps, scope, stored);
    const run = await writePartitions(deps, scope, stored);
    if (run !== undefined) return isTerminal(run.document) ? nothing : describe(deps, scope, run);
  }
}

const nothing: BulkPlan = { workers: 0, partitions: 0 };

async function describe(deps: Deps, scope: Scope, run: Stored<ExecutionDocument>): Promise<BulkPlan> {
  const partitions = await readPartitions(deps, scope, run.document);
  const open = partitions.filter(({ document }) => !isTerminal(document)).length;
  return { workers: Math.min(open, deps.engine.bulkWidth), partitions: partitions.length };
}

/** Partitions first, then the run that knows of them. `undefined` when the run was moved meanwhile. */
async function writePartitions(
  deps: Deps,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
): Promise<Stored<ExecutionDocument> | undefined> {
  const now = deps.now().toISOString();
  const integration = (await deps.integrations.get(scope, { id: stored.document.integrationId }))?.document;
  if (integration === undefined) return endFailed(deps, scope, stored, 'The integration was removed.');
  const source = sourceOf(integration);
  if (stored.document.plan.source !== source) {
    return moveExecution(deps, scope, stored, { execution: readAnew(stored.document, source, now) }).then(
      () => undefined,
    );
  }
  const adapter = findAdapter(deps, integration.provider);
  const settings = adapter.settings.safeParse(integration.settings);
  if (!settings.success) return endFailed(deps, scope, stored, 'The settings of the integration are no longer valid.');
  const { document } = stored;
  const partitions = planPartitions(
    document,
    (objectIndex) =>
      adapter.partition?.(settings.data, {
        object: document.plan.objects[objectIndex]?.object ?? '',
        parts: wantedParts(document, objectIndex, deps.engine),
        now: document.createdAt,
      }) ?? [],
    now,
  );
  for (const partition of partitions) {
    await createExecution(deps, scope, partition);
    await occupyTask(deps, scope, partition.id, partition.id);
  }
  const execution = notePartitions(document, partitions, now);
  const written = (await readPartitions(deps, scope, execution)).map((each) => each.document);
  if (!isDeepStrictEqual(written.map(whatItReads), partitions.map(whatItReads)))
    return endFailed(deps, scope, stored, 'The run was planned in part, and would be otherwise now. Start it again.');
  const reading = partitions.filter((each) => !readsNothing(each)).length;
  const message = `The run is read in ${reading} partitions.`;
  return moveExecution(deps, scope, stored, {
    execution,
    notes: [{ level: 'info', event: 'partitioned', message, data: { partitions: reading } }],
  });
}

/** Partitions of two plans, one before a crash and one by another version of the product, may leave records out between them. */
function whatItReads({ partition, plan, checkpoint }: ExecutionDocument): unknown {
  // As it is stored: what is undefined is not there.
  return JSON.parse(JSON.stringify({ partition, plan, checkpoint }));
}

async function endFailed(
  deps: Deps,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  problem: string,
): Promise<Stored<ExecutionDocument> | undefined> {
  const execution = fail(stored.document, problem, deps.now().toISOString());
  const moved = await moveExecution(deps, scope, stored, { execution });
  if (moved !== undefined) await settleExecution(deps, scope, execution);
  return moved;
}
