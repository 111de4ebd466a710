import { expect } from 'vitest';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { createSyncHarness, fill, type HarnessOptions, type SyncHarness } from '../../../kit/sync-harness.ts';

/** How many there are at the provider of a bulk harness. */
export const people = 23;
const bounds = ['p0006', 'p0012', 'p0018'];

/** A task whose runs are read in partitions, at a provider that can be cut. */
export async function bulkHarness(
  options: HarnessOptions = {},
  cutAt: readonly string[] = bounds,
): Promise<SyncHarness> {
  const task: Partial<TaskDocument> = { bulk: 'always', ...options.task };
  const harness = await createSyncHarness({
    pageSize: 2,
    ...options,
    engine: { pagesPerSlice: 2, ...options.engine },
    task,
  });
  harness.provider.cutAt = cutAt;
  fill(harness, people);
  return harness;
}

/** What holds after a run that ended well: everybody is there once, and nothing is left open. */
export async function expectWhole(harness: SyncHarness, execution: ExecutionDocument, note = ''): Promise<void> {
  expect(execution, note).toMatchObject({ state: 'succeeded', counts: { received: people, created: people } });
  expect((await harness.shards()).size, note).toBe(people);
  expect(
    (await harness.links()).every((link) => link.state === 'settled'),
    note,
  ).toBe(true);
  expect(
    harness.deps.leases.all().filter(({ executionId }) => executionId !== undefined),
    note,
  ).toEqual([]);
}
