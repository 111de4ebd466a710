import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import type { LogDocument } from '../../../../shared/core/documents/execution-details.ts';
import { createPerson } from '../../../kit/person.ts';
import { createSyncHarness, fill, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';

/** The run's log in the order of the list, oldest first. Every write of it is a millisecond later than the one before. */
async function logOf(harness: SyncHarness, id: string): Promise<LogDocument[]> {
  const stored = await harness.deps.runs.logs.list(harness.scope, {
    partition: id,
    filters: [],
    order: 'ascending',
    limit: 1000,
  });
  return stored.map(({ document }) => document);
}

function tickAtEveryWrite({ deps }: SyncHarness): void {
  deps.faults.onOperation = ({ verb }) => {
    if (verb === 'commit' || verb === 'commitPage' || verb === 'create') deps.clock.advance(1);
  };
}

describe('the log of a run', () => {
  it('tells the story in order, also what was written as one', async () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const harness = await createSyncHarness({ pageSize: 2 });
      tickAtEveryWrite(harness);
      harness.deps.clock.advance(seed * 1000);
      fill(harness, 3);
      harness.provider.put('z', { city: 'No name' }, longAgo);
      harness.provider.failures.push(new AdapterFailure('unavailable', 'Not there (503).'));
      const { id } = await harness.start();
      await harness.finish(id);
      const log = await logOf(harness, id);
      expect(log.map(({ event, data }) => `${event} ${data?.['to'] ?? ''}`.trim())).toEqual([
        'state-changed queued',
        'state-changed running',
        'state-changed waiting',
        'state-changed running',
        'records-set-aside',
        'object-finished',
        'compared',
        'state-changed partial',
      ]);
      expect(log.map(({ at }) => at)).toEqual(log.map(({ at }) => at).sort());
      expect(log.find(({ event }) => event === 'records-set-aside')?.message).toBe(
        'Records of people set aside on page 1: 1.',
      );
    }
  });

  it('says which object was read to its end, started over or left, and why', async () => {
    const harness = await createSyncHarness({ pageSize: 2 });
    tickAtEveryWrite(harness);
    fill(harness, 3);
    harness.provider.onPull = ({ cursor }) => {
      if (cursor !== undefined) harness.provider.failures.push(new AdapterFailure('cursor-expired', 'Too old.'));
    };
    const { id } = await harness.start();
    expect((await harness.finish(id)).state).toBe('failed');
    const log = await logOf(harness, id);
    const told = log.filter(({ event }) => event.startsWith('object-'));
    expect(told.map(({ event, message }) => [event, message])).toEqual([
      ['object-restarted', 'people is read again from its start: Too old.'],
      ['object-left', 'people was left: Too old.'],
    ]);
    expect(log.at(-1)).toMatchObject({ level: 'error', data: { to: 'failed', cause: 'Too old.' } });
  });

  it('names who stopped it, and who went on', async () => {
    const harness = await createSyncHarness();
    tickAtEveryWrite(harness);
    fill(harness, 3);
    const { id } = await harness.start();
    const person = createPerson(harness);
    await person.ask('pause', id);
    await person.ask('resume', id);
    await harness.finish(id);
    const actors = (await logOf(harness, id)).flatMap(({ event, actor, data }) =>
      event === 'state-changed' ? [`${data?.['to']} by ${actor.id}`] : [],
    );
    expect(actors).toEqual([
      'queued by test',
      'paused by ana',
      'queued by ana',
      'running by sync-pages',
      'succeeded by sync-pages',
    ]);
  });

  it('keeps every change of state of a run that crashed anywhere, once', async () => {
    for (let step = 1; step <= 60; step += 1) {
      const harness = await createSyncHarness({ pageSize: 4 });
      fill(harness, 9);
      const { id } = await harness.start();
      harness.deps.faults.crashAt(step, 'after');
      await harness.finish(id);
      harness.deps.faults.restart();
      const states = (await logOf(harness, id))
        .filter(({ event }) => event === 'state-changed')
        .map(({ data }) => [data?.['from'], data?.['to']]);
      const left = states.map(([from]) => from).filter((from) => from !== undefined);
      const reached = states.map(([, to]) => to).filter((to) => to !== 'succeeded');
      expect(left.sort(), `step ${step}`).toEqual(reached.sort());
    }
  });
});
