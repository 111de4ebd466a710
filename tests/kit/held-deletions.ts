import type { ExecutionDocument } from '../../shared/core/documents/execution.ts';
import type { HoldDocument } from '../../shared/core/documents/hold.ts';
import { createSyncHarness, fill, type SyncHarness } from './sync-harness.ts';

export const people = 40;

/** 40 people that have been read, of whom `share` are gone without a trace. */
export async function begin(forgotten: number, task: object = {}): Promise<SyncHarness> {
  const harness = await createSyncHarness({ pageSize: 8, task: { mode: 'full', ...task } });
  fill(harness, people);
  await harness.run();
  for (let index = 0; index < forgotten; index += 1) harness.provider.forget(idOf(index));
  harness.deps.clock.advance(1000);
  return harness;
}

export function idOf(index: number): string {
  return `p${String(index).padStart(4, '0')}`;
}

export async function deleted(harness: SyncHarness): Promise<string[]> {
  return [...(await harness.shards())].flatMap(([id, { status }]) => (status === 'active' ? [] : [id])).sort();
}

export function onlyHold(harness: SyncHarness): HoldDocument {
  const [hold, ...others] = harness.deps.holds.all();
  if (hold === undefined || others.length > 0) throw new Error(`${others.length + 1} holds`);
  return hold;
}

export function feedOf(run: ExecutionDocument) {
  return run.comparison?.feeds[0];
}
