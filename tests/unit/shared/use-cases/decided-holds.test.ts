import { describe, expect, it } from 'vitest';
import { rollBackExecution } from '../../../../shared/use-cases/rollback/roll-back-execution.ts';
import { begin, deleted, feedOf, idOf, onlyHold, people } from '../../../kit/held-deletions.ts';
import { createPerson, refusal } from '../../../kit/person.ts';
import { rollBack } from '../../../kit/roll-back.ts';
import { createSyncHarness, fill, longAgo } from '../../../kit/sync-harness.ts';

describe('deletions that were held', () => {
  it('of which a part was rejected are held however few are left, until nothing is missing', async () => {
    const harness = await begin(16);
    await harness.run();
    await createPerson(harness).decide('reject', onlyHold(harness).id);
    for (let index = 0; index < 12; index += 1)
      harness.provider.put(idOf(index), { name: ` Person ${index} `, city: 'Maribor' }, longAgo);
    const run = await harness.run();
    expect(feedOf(run)).toMatchObject({ outcome: 'held', missing: 4, reason: /a person has rejected/ });
    expect(await deleted(harness)).toEqual([]);
    for (let index = 12; index < 16; index += 1)
      harness.provider.put(idOf(index), { name: ` Person ${index} `, city: 'Maribor' }, longAgo);
    expect(feedOf(await harness.run())).toMatchObject({ outcome: 'nothing' });
    expect(harness.deps.holds.all().map(({ state }) => state)).toEqual(['superseded', 'superseded']);
    harness.provider.forget(idOf(3));
    expect(feedOf(await harness.run())).toMatchObject({ outcome: 'deleted', deleted: 1 });
  });

  it('are remembered as rejected, whatever step the rejection crashes at', async () => {
    for (let step = 1; step <= 6; step += 1) {
      const harness = await begin(16);
      await harness.run();
      harness.deps.faults.crashAt(step, 'after');
      const { id } = harness.deps.holds.all()[0] ?? { id: '' };
      const answer = await createPerson(harness)
        .decide('reject', id)
        .catch(() => undefined);
      harness.deps.faults.restart();
      // Nobody asks again: only the clock knows.
      await harness.settle();
      if (onlyHold(harness).state === 'open') expect(answer, `step ${step}`).toBeUndefined();
      else expect(harness.deps.holdRejections.all(), `step ${step}`).toMatchObject([{ holdId: id }]);
    }
  });

  it('are taken back with the run that found them, and not while they are carried out', async () => {
    const harness = await begin(16);
    const run = await harness.run();
    const { id } = onlyHold(harness);
    await createPerson(harness).decide('approve', id);
    const input = {
      params: { integrationId: run.integrationId, executionId: run.id },
      query: undefined,
      body: { preview: false, acceptProvider: false },
      ifMatch: undefined,
      attempt: { at: harness.deps.now(), repeated: false },
    };
    expect(await refusal(rollBackExecution(harness.deps, harness.scope, input))).toBe('wrong-state');
    await harness.settle();
    expect(await deleted(harness)).toHaveLength(16);
    const [shard] = [...(await harness.shards()).values()].filter(({ status }) => status === 'deleted');
    expect(shard?.cause).toMatchObject({ kind: 'hold', id: run.id, holdId: id, actorId: 'ana' });
    expect(await rollBack(harness, run.id)).toMatchObject({ state: 'succeeded', counts: { updated: 16, skipped: 0 } });
    expect(await deleted(harness)).toEqual([]);
    harness.deps.clock.advance(1000);
    expect(feedOf(await harness.run())).toMatchObject({ missing: 0 });
    expect(await deleted(harness)).toEqual([]);
  });

  it('that were approved are those that were listed, although the same run has compared anew since', async () => {
    const harness = await createSyncHarness({
      pageSize: 8,
      engine: { pagesPerSlice: 1, sliceMs: 0 },
      task: { mode: 'full' },
    });
    const { deps, scope } = harness;
    const { integrationId, objects } = await harness.task();
    const [contact] = objects;
    const task = await deps.tasks.get(scope, { id: (await harness.task()).id });
    if (contact === undefined || task === undefined) throw new Error('There is no task');
    const both = [contact, { ...contact, shardTypeId: 'company' }] as typeof objects;
    await deps.tasks.write(scope, { kind: 'replace', document: { ...task.document, objects: both }, etag: task.etag });
    fill(harness, people);
    await harness.run();
    for (let index = 0; index < 16; index += 1) harness.provider.forget(idOf(index));
    deps.clock.advance(1000);
    const { id } = await harness.start();
    for (let turn = 0; deps.holds.all().length === 0; turn += 1) {
      if (turn === 1000) throw new Error('Nothing is held');
      await harness.turns(1);
    }
    const [first] = deps.holds.all();
    if (first === undefined) throw new Error('Nothing is held');
    await createPerson(harness).decide('approve', first.id);
    // Before it is carried out, the run reads everything anew, and even less.
    const integration = await deps.integrations.get(scope, { id: integrationId });
    if (integration === undefined) throw new Error('There is no integration');
    const document = { ...integration.document, settings: { other: 'yes' } };
    await deps.integrations.write(scope, { kind: 'replace', document, etag: integration.etag });
    for (let index = 16; index < 30; index += 1) harness.provider.forget(idOf(index));
    await harness.finish(id);
    await harness.settle();
    const gone = deps.shards.all().filter(({ status }) => status === 'deleted');
    const ids = gone.map(({ sources }) => Object.values(sources)[0]?.externalId).sort();
    expect(ids).toEqual(Array.from({ length: 16 }, (_, index) => idOf(index)));
  });
});
