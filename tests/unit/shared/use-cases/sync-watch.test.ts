import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import { AppError } from '../../../../shared/core/app-error.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { dueKey } from '../../../../shared/core/due.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { settleExecution } from '../../../../shared/use-cases/settle-execution.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createSyncHarness, fill, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';

async function read(harness: SyncHarness, id: string): Promise<ExecutionDocument> {
  const stored = await harness.deps.runs.executions.get(harness.scope, { id, partition: id });
  if (stored === undefined) throw new Error('no run');
  return stored.document;
}

async function tick(harness: SyncHarness, afterMs: number): Promise<void> {
  harness.deps.clock.advance(afterMs);
  await runDueEntries(harness.deps, traceparent);
}

async function watchOf(harness: SyncHarness): Promise<string | undefined> {
  const { id } = await harness.task();
  return (await harness.deps.due.get(dueKey('watch', 'acme', id)))?.document.executionId;
}

describe('a run whose message waits in a long queue', () => {
  it('is not taken for lost, and not flooded with messages', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const { id } = await harness.start();
    for (let turn = 0; turn < 300; turn += 1) await tick(harness, 10_000);
    expect(await read(harness, id)).toMatchObject({ state: 'queued' });
    expect(harness.deps.syncQueue.waiting).toBeLessThanOrEqual(8);
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 7 } });
  });

  it('between two slices goes on where it was', async () => {
    const harness = await createSyncHarness({ engine: { pagesPerSlice: 1 } });
    fill(harness, 12);
    const { id } = await harness.start();
    const first = harness.deps.syncQueue.receive();
    if (first === undefined) throw new Error('no message');
    await workOnSlice(harness.deps, first.envelope);
    first.complete();
    for (let turn = 0; turn < 300; turn += 1) await tick(harness, 10_000);
    expect(await read(harness, id)).toMatchObject({ counts: { received: 5 } });
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 12 } });
  });

  it('for ever ends with a reason', async () => {
    const harness = await createSyncHarness();
    const { id } = await harness.start();
    for (let turn = 0; turn < 200; turn += 1) {
      harness.deps.syncQueue.receive()?.complete();
      await tick(harness, 60_000);
    }
    expect(await read(harness, id)).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('No worker'),
    });
    expect(harness.deps.due.all()).toEqual([]);
    expect((await harness.run()).state).toBe('succeeded');
  });
});

describe('a run that kills its worker on the same page', () => {
  it('ends with a reason, soon', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const { id } = await harness.start();
    harness.provider.onPull = () => {
      throw new TypeError('a bug');
    };
    for (let turn = 0; turn < 60 && (await read(harness, id)).finishedAt === undefined; turn += 1) {
      const message = harness.deps.syncQueue.receive();
      if (message !== undefined) {
        await expect(workOnSlice(harness.deps, message.envelope)).rejects.toThrow('a bug');
        message.complete();
      }
      await tick(harness, 10_000);
    }
    expect(await read(harness, id)).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('kept losing its worker'),
    });
  });
});

describe('the watch of a run', () => {
  it('is not removed by who still settles the run before', async () => {
    const harness = await createSyncHarness();
    const first = await harness.run();
    const second = await harness.start();
    // As one who read the lease while the first run held it.
    const { deps } = harness;
    const lease = await deps.leases.get(harness.scope, { id: first.taskId });
    let asked = 0;
    const late = {
      ...deps,
      leases: Object.assign(Object.create(deps.leases) as typeof deps.leases, {
        get: async () => {
          asked += 1;
          if (asked > 1) return lease;
          return lease === undefined ? undefined : { ...lease, document: { ...lease.document, executionId: first.id } };
        },
      }),
      due: Object.assign(Object.create(deps.due) as typeof deps.due, {
        get: async (key: { id: string; bucket: string }) => {
          const entry = await deps.due.get(key);
          if (entry === undefined) return undefined;
          // What was there before the second run was started.
          return { document: { ...entry.document, executionId: first.id }, etag: '"before"' };
        },
        remove: deps.due.remove.bind(deps.due),
      }),
    };
    await settleExecution(late, harness.scope, first);
    expect(await watchOf(harness)).toBe(second.id);
  });

  it('is not removed by a tick that listed the watch of the run before', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    const { deps } = harness;
    const first = await harness.start();
    harness.deps.clock.advance(600_000);
    let second: ExecutionDocument | undefined;
    let listed = false;
    deps.faults.onOperation = async ({ port, verb }) => {
      if (port === 'due' && verb === 'listDue') listed = true;
      if (!listed || port !== 'leases' || second !== undefined) return;
      listed = false;
      deps.faults.onOperation = undefined;
      const message = deps.syncQueue.receive();
      if (message === undefined) throw new Error('no message');
      await workOnSlice(deps, message.envelope);
      message.complete();
      second = await harness.start();
    };
    await runDueEntries(deps, traceparent);
    expect((await read(harness, first.id)).state).toBe('succeeded');
    expect(await watchOf(harness)).toBe(second?.id);
  });

  it('comes back with the next start, should it ever be gone', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    const { id, taskId } = await harness.start();
    await harness.deps.due.remove(dueKey('watch', 'acme', taskId));
    harness.deps.syncQueue.receive()?.complete();
    harness.deps.clock.advance(600_000);
    await expect(harness.start()).rejects.toMatchObject({ code: 'already-running' });
    expect(await watchOf(harness)).toBe(id);
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 3 } });
  });
});

describe('a run that lost its task to another', () => {
  it('ends instead of waiting for ever', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    const orphan = await harness.start();
    const stored = await harness.deps.leases.get(harness.scope, { id: orphan.taskId });
    if (stored === undefined) throw new Error('no lease');
    const { executionId: _occupant, ...free } = stored.document;
    await harness.deps.leases.write(harness.scope, { kind: 'replace', document: free, etag: stored.etag });
    const execution = await harness.finish(orphan.id);
    expect(execution).toMatchObject({ state: 'failed', problem: expect.stringContaining('another run') });
    expect((await harness.run()).state).toBe('succeeded');
  });
});

describe('a database that does not answer for a while', () => {
  it('does not end the run', async () => {
    const harness = await createSyncHarness();
    fill(harness, 12);
    const { id } = await harness.start();
    let throttled = 3;
    harness.deps.faults.onOperation = ({ port, verb }) => {
      if (port !== 'shards' || verb !== 'writeMany' || throttled === 0) return;
      throttled -= 1;
      throw new AppError('unavailable', { detail: 'The database does not answer right now.' });
    };
    for (let turn = 0; turn < 3; turn += 1) {
      const message = harness.deps.syncQueue.receive(0);
      if (message === undefined) throw new Error('no message');
      await expect(workOnSlice(harness.deps, message.envelope)).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { received: 12, created: 12 } });
  });
});

describe('a run that waits for its provider', () => {
  it('waits on although its message comes early', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    harness.provider.failures.push(
      new AdapterFailure('rate-limited', 'Too many requests.', { status: 429, retryAfterMs: 3_600_000 }),
    );
    const { id } = await harness.start();
    const startedAtMs = harness.deps.clock.nowMs();
    const message = harness.deps.syncQueue.receive(0);
    if (message === undefined) throw new Error('no message');
    // It dies after the run was told to wait, before the next message was named.
    harness.deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'leases' && verb === 'replace' && harness.provider.requests.length === 1) {
        harness.deps.faults.onOperation = undefined;
        harness.deps.faults.crashAt(1, 'before');
      }
    };
    await expect(workOnSlice(harness.deps, message.envelope)).rejects.toThrow('Crashed');
    harness.deps.faults.restart();
    const execution = await harness.finish(id);
    expect(execution.state).toBe('succeeded');
    expect(harness.provider.requests).toHaveLength(2);
    expect(harness.deps.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(3_600_000);
  });
});
