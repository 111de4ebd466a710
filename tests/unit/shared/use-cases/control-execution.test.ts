import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { ExecutionState } from '../../../../shared/core/execution-states.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createPerson, refusal, type Verb } from '../../../kit/person.ts';
import { createSyncHarness, fill, type SyncHarness, survive } from '../../../kit/sync-harness.ts';

const hourMs = 3_600_000;

/** A run that waits for its provider for an hour, its message on the way. */
async function waitingRun(): Promise<{ harness: SyncHarness; id: string }> {
  const harness = await createSyncHarness();
  fill(harness, 7);
  harness.provider.failures.push(new AdapterFailure('rate-limited', 'Too many requests.', { retryAfterMs: hourMs }));
  const { id } = await harness.start();
  const message = harness.deps.syncQueue.receive();
  if (message === undefined) throw new Error('no message');
  await workOnSlice(harness.deps, message.envelope);
  message.complete();
  expect(await harness.read(id)).toMatchObject({ state: 'waiting', attempt: 1 });
  return { harness, id };
}

/** The harness's run, put into a state as it is stored. */
async function runIn(state: ExecutionState): Promise<{ harness: SyncHarness; id: string }> {
  const harness = await createSyncHarness();
  fill(harness, 3);
  const { id } = await harness.start();
  const stored = await harness.deps.runs.executions.get(harness.scope, { id, partition: id });
  if (stored === undefined) throw new Error('no run');
  const document: ExecutionDocument = { ...stored.document, state };
  await harness.deps.runs.executions.write(harness.scope, { kind: 'replace', document, etag: stored.etag });
  return { harness, id };
}

describe('what a person may ask', () => {
  const allowed: Record<Verb, Partial<Record<ExecutionState, ExecutionState>>> = {
    pause: { queued: 'paused', running: 'paused', waiting: 'paused', paused: 'paused' },
    resume: { paused: 'queued', queued: 'queued' },
    cancel: {
      queued: 'cancelled',
      running: 'cancelling',
      waiting: 'cancelled',
      paused: 'cancelled',
      cancelling: 'cancelling',
      cancelled: 'cancelled',
    },
  };
  const states: readonly ExecutionState[] = [
    'queued',
    'running',
    'waiting',
    'paused',
    'cancelling',
    'cancelled',
    'succeeded',
    'partial',
    'failed',
  ];
  const cases = (Object.keys(allowed) as Verb[]).flatMap((verb) =>
    states.map((state) => [verb, state, allowed[verb][state]] as const),
  );

  it.each(cases)('to %s a run that is %s: %s', async (verb, state, next) => {
    const { harness, id } = await runIn(state);
    const person = createPerson(harness);
    if (next === undefined) {
      expect(await refusal(person.ask(verb, id))).toBe('wrong-state');
      expect((await harness.read(id)).state).toBe(state);
    } else {
      expect((await person.ask(verb, id)).state).toBe(next);
      expect((await harness.read(id)).state).toBe(next);
    }
  });

  it('is noted with who asked, in the log and in the audit', async () => {
    const { harness, id } = await runIn('running');
    await createPerson(harness).ask('pause', id);
    expect(harness.deps.runs.logs.all().at(-1)).toMatchObject({
      actor: { kind: 'user', id: 'ana' },
      data: { from: 'running', to: 'paused', cause: 'asked for by user ana' },
    });
    expect(harness.deps.audit.all()).toMatchObject([{ action: 'execution.paused', detail: id, actor: { id: 'ana' } }]);
  });
});

describe('a run that waits for its provider', () => {
  it('is cancelled at once, and its task is free', async () => {
    const { harness, id } = await waitingRun();
    expect((await createPerson(harness).ask('cancel', id)).state).toBe('cancelled');
    const next = await harness.start();
    expect(await harness.finish(next.id)).toMatchObject({ state: 'succeeded', counts: { created: 7 } });
    expect((await harness.read(id)).state).toBe('cancelled');
  });

  it('is cancelled at once also after a pause', async () => {
    const { harness, id } = await waitingRun();
    const person = createPerson(harness);
    await person.ask('pause', id);
    expect((await person.ask('cancel', id)).state).toBe('cancelled');
    expect((await harness.run()).counts).toMatchObject({ created: 7 });
  });

  it('is cancelled at once also after it was paused and resumed', async () => {
    const { harness, id } = await waitingRun();
    const person = createPerson(harness);
    await person.ask('pause', id);
    await person.ask('resume', id);
    expect((await person.ask('cancel', id)).state).toBe('cancelled');
    expect((await harness.run()).counts).toMatchObject({ created: 7 });
  });

  it('still waits when it is paused and resumed meanwhile', async () => {
    const { harness, id } = await waitingRun();
    const startedAtMs = harness.deps.clock.nowMs();
    const person = createPerson(harness);
    await person.ask('pause', id);
    expect(await person.ask('resume', id)).toMatchObject({
      state: 'waiting',
      waitingUntil: new Date(startedAtMs + hourMs).toISOString(),
      problem: 'Too many requests.',
    });
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded', counts: { created: 7 } });
    expect(harness.deps.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(hourMs);
    expect(harness.provider.requests).toHaveLength(3);
  });

  it('goes on at once when it is resumed after the wait', async () => {
    const { harness, id } = await waitingRun();
    const person = createPerson(harness);
    await person.ask('pause', id);
    await harness.quieten(id);
    harness.deps.clock.advance(2 * hourMs);
    const resumedAtMs = harness.deps.clock.nowMs();
    expect((await person.ask('resume', id)).state).toBe('queued');
    expect(await harness.finish(id)).toMatchObject({ state: 'succeeded' });
    expect(harness.deps.clock.nowMs()).toBe(resumedAtMs);
  });
});

describe('a request whose first try died after it took', () => {
  it.each(['pause', 'resume', 'cancel'] as const)(
    'to %s is answered, whatever became of the run since',
    async (verb) => {
      const { harness, id } = await runIn(verb === 'resume' ? 'paused' : 'queued');
      await createPerson(harness).ask(verb, id);
      if (verb === 'pause') await createPerson(harness).ask('resume', id);
      const ended = await harness.finish(id);
      const again = await createPerson(harness, { repeated: true }).ask(verb, id);
      expect(again.state).toBe(ended.state);
      expect(await refusal(createPerson(harness).ask('resume', id))).toBe('wrong-state');
    },
  );

  it('to retry the failed records finds the run that took them all', async () => {
    const { harness, id } = await runIn('queued');
    harness.provider.put('bad', { city: 'No name' });
    await harness.finish(id);
    const { id: retried } = await createPerson(harness).retry(id, 'failed');
    await harness.finish(retried);
    for (const { document, etag } of await harness.deps.runs.failedRecords.list(harness.scope, {
      partition: id,
      filters: [],
      order: 'ascending',
      limit: 10,
    })) {
      const resolved = { ...document, state: 'resolved' as const, resolvedBy: retried };
      await harness.deps.runs.failedRecords.write(harness.scope, { kind: 'replace', document: resolved, etag });
    }
    // As the ids of a repeated request are those of its first try.
    const deps = { ...harness.deps, newId: () => retried };
    expect((await createPerson(harness, { repeated: true }, deps).retry(id, 'failed')).id).toBe(retried);
    expect(await refusal(createPerson(harness).retry(id, 'failed'))).toBe('wrong-state');
  });
});

describe('an object that is left in the midst of an interrupted page', () => {
  it('keeps nothing of it that a later run would take for settled', async () => {
    for (let step = 1; step <= 90; step += 1) {
      const plain = await createSyncHarness();
      const [mapping] = (await plain.task()).objects;
      if (mapping === undefined) throw new Error('no mapping');
      const harness = await createSyncHarness({ task: { objects: [mapping, { ...mapping, shardTypeId: 'person' }] } });
      const { provider, deps } = harness;
      provider.versioned = false;
      const show = (city: string) => {
        for (const id of ['a', 'b', 'c']) provider.put(id, { name: `Person ${id}`, city });
      };
      show('Ptuj');
      await harness.run();
      show('Celje');
      const { id } = await harness.start('full');
      let isRefused = false;
      provider.onPull = () => {
        if (isRefused || deps.faults.restarts === 0) return;
        isRefused = true;
        provider.failures.push(new AdapterFailure('forbidden', 'Not allowed.'));
      };
      deps.faults.crashAt(step, 'after');
      const left = await harness.finish(id);
      if (!isRefused) break;
      expect(['partial', 'failed'], `step ${step}`).toContain(left.state);
      show('Ptuj');
      await harness.run('full');
      expect(
        deps.shards.all().map(({ data }) => data['address']),
        `step ${step}`,
      ).toEqual(Array.from({ length: 6 }, () => ({ city: 'Ptuj' })));
    }
  });
});

it('a crash between the answer of a paused wait and its message does not keep a cancel waiting', async () => {
  const { harness, id } = await waitingRun();
  harness.deps.faults.crashAt(2, 'before');
  await survive(harness.deps, () => createPerson(harness).ask('pause', id));
  harness.deps.faults.restart();
  expect((await harness.read(id)).state).toBe('paused');
  expect((await createPerson(harness).ask('cancel', id)).state).toBe('cancelled');
});
