import { describe, expect, it } from 'vitest';
import { createSyncHarness, fill, type SyncHarness } from '../../../kit/sync-harness.ts';

async function reconfigure(harness: SyncHarness, settings: Record<string, string>): Promise<void> {
  const { integrationId } = await harness.task();
  const stored = await harness.deps.integrations.get(harness.scope, { id: integrationId });
  if (stored === undefined) throw new Error('no integration');
  await harness.deps.integrations.write(harness.scope, {
    kind: 'replace',
    document: { ...stored.document, settings },
    etag: stored.etag,
  });
}

/** Twelve records, one of them changed just now, so that an incremental run afterwards reads that one. */
function fillAndTouch(harness: SyncHarness): void {
  fill(harness, 11);
  harness.provider.put('z', { name: 'Newest' });
}

describe('an integration whose settings changed', () => {
  it('is read anew: what was read before came from somewhere else', async () => {
    const harness = await createSyncHarness();
    fillAndTouch(harness);
    await harness.run();
    harness.deps.clock.advance(3_600_000);
    expect((await harness.run()).counts.received).toBe(1);
    await reconfigure(harness, { path: 'other' });
    expect((await harness.run()).counts).toMatchObject({ received: 12, unchanged: 12 });
    harness.deps.clock.advance(3_600_000);
    expect((await harness.run()).counts.received).toBe(1);
  });

  it('during a run is read from the start, with none of the old cursors', async () => {
    const harness = await createSyncHarness({ engine: { pagesPerSlice: 1 } });
    fillAndTouch(harness);
    harness.provider.onPull = (_request, count) => {
      if (count === 2) void reconfigure(harness, { path: 'other' });
    };
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'succeeded', counts: { received: 22, created: 12, unchanged: 10 } });
    expect(harness.provider.requests.map((request) => request.cursor)).toEqual([undefined, '5', undefined, '5', '10']);
    harness.deps.clock.advance(3_600_000);
    expect((await harness.run()).counts.received).toBe(1);
  });

  it('by nothing is not', async () => {
    const harness = await createSyncHarness();
    fillAndTouch(harness);
    await harness.run();
    harness.deps.clock.advance(3_600_000);
    await reconfigure(harness, {});
    expect((await harness.run()).counts.received).toBe(1);
  });
});

describe('the watermark', () => {
  it('does not follow a provider whose clock is far ahead', async () => {
    const harness = await createSyncHarness();
    harness.provider.clockAheadMs = 10 * 365 * 86_400_000;
    await harness.run();
    harness.provider.clockAheadMs = 0;
    harness.deps.clock.advance(60_000);
    harness.provider.put('p1', { name: 'Later' });
    expect((await harness.run()).counts).toMatchObject({ created: 1 });
  });
});
