import { describe, expect, it } from 'vitest';
import { type AdapterCall, AdapterFailure, type PullRequest } from '../../../../shared/core/adapter.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createSyncHarness, fill, longAgo } from '../../../kit/sync-harness.ts';

describe('a full run', () => {
  it('brings in every record once, converted', async () => {
    const harness = await createSyncHarness();
    fill(harness, 23);
    const execution = await harness.run();
    expect(execution.state).toBe('succeeded');
    expect(execution.counts).toMatchObject({ received: 23, created: 23 });
    const shards = await harness.shards();
    expect(shards.size).toBe(23);
    expect(shards.get('p0007')?.data).toEqual({ name: 'Person 7', address: { city: 'Maribor' } });
    expect((await harness.links()).every((link) => link.state === 'settled')).toBe(true);
  });

  it('writes nothing when repeated', async () => {
    const harness = await createSyncHarness();
    fill(harness, 23);
    await harness.run();
    const before = await harness.shards();
    const execution = await harness.run('full');
    expect(execution.counts).toMatchObject({ received: 23, unchanged: 23 });
    expect(await harness.shards()).toEqual(before);
  });

  it('succeeds with nothing to read', async () => {
    const harness = await createSyncHarness();
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'succeeded', counts: { received: 0 } });
  });

  it('sets a bad record aside and keeps the rest of its page', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    harness.provider.put('p0003', { city: 'No name' }, longAgo);
    const execution = await harness.run();
    expect(execution.state).toBe('partial');
    expect(execution.counts).toMatchObject({ received: 7, created: 6, failed: 1 });
    expect(harness.deps.runs.failedRecords.all()).toMatchObject([
      { executionId: execution.id, externalId: 'p0003', reason: 'Required field "name" is missing or empty.' },
    ]);
  });

  it('goes on in further messages when its slice is full', async () => {
    const harness = await createSyncHarness({ pageSize: 2, engine: { pagesPerSlice: 3 } });
    fill(harness, 23);
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'succeeded', pages: 12, counts: { created: 23 } });
  });
});

describe('an incremental run', () => {
  it('reads only what changed, ties and look-back included', async () => {
    const harness = await createSyncHarness();
    fill(harness, 40);
    await harness.run();
    harness.deps.clock.advance(3_600_000);
    harness.provider.put('p0005', { name: 'Changed', city: 'Ptuj' });
    harness.provider.put('new', { name: 'New' });
    const execution = await harness.run();
    expect(execution.mode).toBe('incremental');
    expect(execution.counts).toMatchObject({ created: 1, updated: 1 });
    harness.deps.clock.advance(3_600_000);
    const quiet = await harness.run();
    expect(quiet.counts.received).toBeLessThanOrEqual(2);
    expect(quiet.counts.created + quiet.counts.updated).toBe(0);
    expect((await harness.shards()).get('p0005')?.data).toEqual({ name: 'Changed', address: { city: 'Ptuj' } });
  });

  it('begins where the run before it ended, although nobody has settled that one yet', async () => {
    const harness = await createSyncHarness();
    fill(harness, 5);
    const { deps, scope } = harness;
    const first = await harness.run();
    const [task, lease] = await Promise.all([
      deps.tasks.get(scope, { id: first.taskId }),
      deps.leases.get(scope, { id: first.taskId }),
    ]);
    if (task === undefined || lease === undefined) throw new Error('the task and its lease are there');
    const { lastExecutionId: _lastExecutionId, ...unsettled } = task.document;
    await deps.tasks.write(scope, { kind: 'replace', etag: task.etag, document: { ...unsettled, watermarks: {} } });
    const occupied = { ...lease.document, executionId: first.id };
    await deps.leases.write(scope, { kind: 'replace', etag: lease.etag, document: occupied });
    const second = await harness.start('incremental');
    expect(Object.keys(second.plan.since)).toHaveLength(1);
  });

  it('sees what changed behind the reader during the full run', async () => {
    const harness = await createSyncHarness();
    fill(harness, 40);
    harness.provider.onPull = (_request, count) => {
      harness.deps.clock.advance(600_000);
      if (count === 4) harness.provider.put('p0000', { name: 'Behind the reader' });
      if (count === 6) harness.provider.put('p0039', { name: 'Ahead of the reader' });
    };
    await harness.run();
    harness.provider.onPull = undefined;
    await harness.run();
    expect((await harness.shards()).get('p0000')?.data).toEqual({ name: 'Behind the reader' });
  });

  it('sees a row that becomes visible late, within the look-back', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    await harness.run();
    harness.deps.clock.advance(3_600_000);
    const lateAt = new Date(harness.deps.clock.nowMs() - 30_000).toISOString();
    harness.provider.put('p0001', { name: 'Newest' });
    await harness.run();
    harness.provider.put('late', { name: 'Late' }, lateAt);
    await harness.run();
    expect((await harness.shards()).has('late')).toBe(true);
  });

  it('reads an object anew when its mapping changed', async () => {
    const harness = await createSyncHarness();
    fill(harness, 12);
    await harness.run();
    const stored = await harness.deps.tasks.get(harness.scope, { id: (await harness.task()).id });
    if (stored === undefined) throw new Error('no task');
    const [mapping] = stored.document.objects;
    if (mapping === undefined) throw new Error('no mapping');
    const fields = [...mapping.fields, { to: 'town', from: 'city', transforms: [], required: false }];
    await harness.deps.tasks.write(harness.scope, {
      kind: 'replace',
      etag: stored.etag,
      document: { ...stored.document, objects: [{ ...mapping, fields }] },
    });
    const execution = await harness.run();
    expect(execution.counts).toMatchObject({ received: 12, updated: 12 });
  });

  it('mirrors a delete marker, and a return', async () => {
    const harness = await createSyncHarness();
    fill(harness, 3);
    await harness.run();
    harness.deps.clock.advance(3_600_000);
    harness.provider.delete('p0001');
    await harness.run();
    expect((await harness.shards()).get('p0001')).toMatchObject({ status: 'deleted', data: { name: 'Person 1' } });
    harness.deps.clock.advance(3_600_000);
    harness.provider.put('p0001', { name: 'Person 1', city: 'Maribor' });
    await harness.run();
    expect((await harness.shards()).get('p0001')?.status).toBe('active');
  });

  it('leaves shards alone where deletions are ignored, and never makes one for a deleted record', async () => {
    const harness = await createSyncHarness({ task: { deletions: 'ignore' } });
    fill(harness, 3);
    await harness.run();
    harness.deps.clock.advance(3_600_000);
    harness.provider.delete('p0001');
    harness.provider.delete('never-seen');
    const execution = await harness.run();
    expect(execution.counts.skipped).toBe(2);
    const shards = await harness.shards();
    expect(shards.get('p0001')?.status).toBe('active');
    expect(shards.has('never-seen')).toBe(false);
  });
});

describe('a failing provider', () => {
  const limited = (retryAfterMs?: number) =>
    new AdapterFailure('rate-limited', 'Too many requests.', { status: 429, retryAfterMs });

  it('is asked again after the time it names, and the run succeeds', async () => {
    const harness = await createSyncHarness();
    fill(harness, 12);
    const startedAtMs = harness.deps.clock.nowMs();
    harness.provider.failures.push(limited(90_000), limited(30_000));
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'succeeded', counts: { created: 12 } });
    expect(harness.deps.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(120_000);
  });

  it('fails the run after three tries of the same page, with the reason', async () => {
    const harness = await createSyncHarness();
    fill(harness, 12);
    harness.provider.failures.push(limited(), limited(), limited());
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'failed', problem: 'Too many requests.', counts: { received: 0 } });
    expect(harness.provider.requests).toHaveLength(3);
    expect((await harness.task()).watermarks).toEqual({});
  });

  it('shows that it waits, and until when', async () => {
    const harness = await createSyncHarness();
    harness.provider.failures.push(limited(90_000));
    const { id } = await harness.start();
    const message = harness.deps.syncQueue.receive();
    if (message === undefined) throw new Error('no message');
    await workOnSlice(harness.deps, message.envelope);
    const stored = await harness.deps.runs.executions.get(harness.scope, { id, partition: id });
    expect(stored?.document).toMatchObject({
      state: 'waiting',
      attempt: 1,
      problem: 'Too many requests.',
      waitingUntil: new Date(harness.deps.clock.nowMs() + 90_000).toISOString(),
    });
  });

  it('that gives empty pages without end is not read without end', async () => {
    const harness = await createSyncHarness();
    fill(harness, 7);
    const { adapter, requests } = harness.provider;
    const pull = adapter.pull?.bind(adapter);
    Object.assign(adapter, {
      pull: async (call: AdapterCall, request: PullRequest) =>
        request.cursor === undefined
          ? pull?.(call as AdapterCall<Record<string, never>>, request)
          : { changes: [], rejected: [], done: false, next: `empty-${requests.push(request)}` },
    });
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'failed', counts: { received: 5, created: 5 } });
    expect(execution.problem).toMatch(/more than 1000 pages in a row held no record/);
  });

  it('with an expired cursor has the object read again, once', async () => {
    const harness = await createSyncHarness();
    fill(harness, 12);
    harness.provider.onPull = (_request, count) => {
      if (count === 2) harness.provider.failures.push(new AdapterFailure('cursor-expired', 'The cursor expired.'));
    };
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'succeeded', counts: { received: 17, created: 12, unchanged: 5 } });
    harness.provider.onPull = () => {
      harness.provider.failures.push(new AdapterFailure('cursor-expired', 'The cursor expired.'));
    };
    const failed = await harness.run();
    expect(failed).toMatchObject({ state: 'failed', problem: 'The cursor expired.' });
  });

  it('that rejects the credential ends the run at once and marks the connection', async () => {
    const harness = await createSyncHarness();
    harness.provider.failures.push(new AdapterFailure('credentials-rejected', 'The key was rejected.'));
    const execution = await harness.run();
    expect(execution).toMatchObject({ state: 'failed', problem: 'The key was rejected.' });
    const integration = await harness.deps.integrations.get(harness.scope, { id: execution.integrationId });
    expect(integration?.document.connection).toMatchObject({ state: 'failing', problem: 'The key was rejected.' });
  });
});
