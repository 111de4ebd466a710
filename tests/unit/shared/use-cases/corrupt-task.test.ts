import { expect, it } from 'vitest';
import { CorruptDocument } from '../../../../shared/core/app-error.ts';
import { createSyncHarness, fill } from '../../../kit/sync-harness.ts';

it('a task that cannot be read any more does not fail the run, which then deletes nothing', async () => {
  const harness = await createSyncHarness({ task: { mode: 'full', deletions: 'mirror' } });
  fill(harness, 20);
  await harness.run();
  harness.provider.forget('p0000');
  harness.deps.clock.advance(1000);
  const { id } = await harness.start();
  const { id: taskId } = await harness.task();
  harness.provider.onPull = async () => harness.deps.tasks.plant('acme', { id: taskId });
  await expect(harness.finish(id)).rejects.toBeInstanceOf(CorruptDocument);
  const run = await harness.read(id);
  expect(run).toMatchObject({ state: 'succeeded', counts: { unchanged: 19 } });
  expect(run.comparison?.feeds).toMatchObject([{ outcome: 'left', reason: 'What the task says cannot be read.' }]);
  expect(harness.deps.shards.all().every(({ status }) => status === 'active')).toBe(true);
});
