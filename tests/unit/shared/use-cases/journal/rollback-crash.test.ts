import { describe, expect, it } from 'vitest';
import type { ExecutionDocument } from '../../../../../shared/core/documents/execution.ts';
import { cancelExecution } from '../../../../../shared/use-cases/cancel-execution.ts';
import { pauseExecution } from '../../../../../shared/use-cases/pause-execution.ts';
import { resumeExecution } from '../../../../../shared/use-cases/resume-execution.ts';
import { contentOf, rollBack, startRollingBack } from '../../../../kit/roll-back.ts';
import { createSyncHarness, fill, type SyncHarness, survive } from '../../../../kit/sync-harness.ts';

const people = 6;

/** A sweep takes the same steps again and again. */
const sweepMs = 60_000;

function idOf(index: number): string {
  return `p${String(index).padStart(4, '0')}`;
}

/** A run that changed, created and deleted, of which two records were changed since. */
async function prepare(): Promise<{ harness: SyncHarness; bad: string }> {
  const harness = await createSyncHarness({ pageSize: 3, engine: { pagesPerSlice: 2 } });
  const { deps, provider } = harness;
  fill(harness, people);
  await harness.run();
  deps.clock.advance(1000);
  for (let index = 0; index < people - 1; index += 1) provider.put(idOf(index), { name: `Bad ${index}`, city: 'Ptuj' });
  provider.delete(idOf(people - 1));
  for (const id of ['p7001', 'p7002']) provider.put(id, { name: 'New', city: 'Celje' });
  const { id } = await harness.run();
  deps.clock.advance(1000);
  for (const changed of [idOf(2), 'p7002']) provider.put(changed, { name: 'Edited', city: 'Ptuj' });
  await harness.run();
  return { harness, bad: id };
}

/** Everything that a rollback leaves, but for ids and times. */
async function outcomeOf(harness: SyncHarness, rollback: ExecutionDocument) {
  const { deps } = harness;
  const shards = await harness.shards();
  return {
    state: rollback.state,
    counts: rollback.counts,
    content: await contentOf(harness),
    revisions: [...shards].map(([id, { revision }]) => [id, revision]),
    left: deps.runs.leftRecords
      .all()
      .map(({ shardId, reason }) => `${deps.shards.all().find(({ id }) => id === shardId)?.data['name']} ${reason}`),
    events: deps.events.all().map(({ type }) => type),
  };
}

const control = (executionId: string, integrationId: string) => ({
  params: { executionId, integrationId },
  query: undefined,
  body: undefined,
  ifMatch: undefined,
  attempt: { at: new Date(0), repeated: false },
});

describe('a rollback', () => {
  it.each([
    ['before', false],
    ['after', false],
    ['after', true],
  ] as const)(
    'that crashes at any step (%s it took, accepting the provider: %s) does each thing once',
    async (moment, accept) => {
      const calm = await prepare();
      const steps = calm.harness.deps.faults.steps;
      const expected = await outcomeOf(calm.harness, await rollBack(calm.harness, calm.bad, accept));
      const taken = calm.harness.deps.faults.steps - steps;
      expect(expected).toMatchObject({ state: 'partial', counts: { received: 8, updated: 6, skipped: 2 } });
      expect(expected.left).toEqual(['Edited changed-since', 'Edited changed-since']);
      expect(taken).toBeGreaterThan(30);
      for (let step = 1; step <= taken; step += 1) {
        const { harness, bad } = await prepare();
        const executionId = harness.deps.newId('execution');
        harness.deps.faults.crashAt(step, moment);
        const started = await survive(harness.deps, () => startRollingBack(harness, bad, accept, executionId));
        // A start that died is repeated by whoever asked.
        if (started === undefined) await startRollingBack(harness, bad, accept, executionId);
        const rollback = await harness.finish(executionId);
        expect(await outcomeOf(harness, rollback), `step ${step}`).toEqual(expected);
      }
    },
    sweepMs,
  );

  it('is paused and goes on where it was', async () => {
    const { harness, bad } = await prepare();
    const { id, integrationId } = await startRollingBack(harness, bad);
    harness.deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'runs' || verb !== 'commitPage') return;
      harness.deps.faults.onOperation = undefined;
      await pauseExecution(harness.deps, harness.scope, control(id, integrationId));
    };
    expect(await harness.quieten(id)).toMatchObject({ state: 'paused', pages: 1 });
    await resumeExecution(harness.deps, harness.scope, control(id, integrationId));
    expect(await harness.finish(id)).toMatchObject({ state: 'partial', counts: { updated: 6, skipped: 2 } });
  });

  it('that is cancelled keeps what it took back; the next one takes back the rest', async () => {
    const { harness, bad } = await prepare();
    const { id, integrationId } = await startRollingBack(harness, bad);
    harness.deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'runs' || verb !== 'commitPage') return;
      harness.deps.faults.onOperation = undefined;
      await cancelExecution(harness.deps, harness.scope, control(id, integrationId));
    };
    const cancelled = await harness.finish(id);
    expect(cancelled).toMatchObject({ state: 'cancelled', pages: 1 });
    const again = await rollBack(harness, bad);
    expect(again.counts).toMatchObject({ updated: 6 - cancelled.counts.updated, unchanged: cancelled.counts.updated });
  });
});
