import { describe, expect, it } from 'vitest';
import { reconciles } from '../../../../shared/core/counts.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { Crash } from '../../../kit/faults.ts';
import { createPerson, refusal, type Verb } from '../../../kit/person.ts';
import { createSyncHarness, fill, type SyncHarness, survive, traceparent } from '../../../kit/sync-harness.ts';

const records = 13;
const dayMs = 86_400_000;

interface World {
  readonly harness: SyncHarness;
  readonly id: string;
}

async function begin(): Promise<World> {
  const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2 } });
  fill(harness, records);
  const { id } = await harness.start();
  return { harness, id };
}

/** How many calls of ports an undisturbed run makes. */
async function undisturbedCalls(): Promise<number> {
  const { harness, id } = await begin();
  let calls = 0;
  harness.deps.faults.onOperation = () => {
    calls += 1;
  };
  await harness.finish(id);
  return calls;
}

/** Something happens before the `call`th call of a port from now on; the one who made that call goes on afterwards. */
function interruptAt({ deps }: SyncHarness, call: number, interrupt: () => Promise<void>): void {
  let calls = 0;
  deps.faults.onOperation = async () => {
    calls += 1;
    if (calls !== call) return;
    deps.faults.onOperation = undefined;
    await interrupt();
  };
}

/** Asks one after the other. What the run's state does not allow is refused. */
async function ask({ harness, id }: World, verbs: readonly Verb[]): Promise<void> {
  const person = createPerson(harness);
  for (const verb of verbs) expect([undefined, 'wrong-state']).toContain(await refusal(person.ask(verb, id)));
}

/** What holds after any end: nothing is doubled or miscounted, the task is free, and a later run finds everything. */
async function expectWhole(harness: SyncHarness, run: ExecutionDocument, where: string): Promise<void> {
  expect(reconciles(run.counts), where).toBe(true);
  expect(run.counts.created, `new links of the run, ${where}`).toBe((await harness.shards()).size);
  expect((await harness.deps.leases.get(harness.scope, { id: run.taskId }))?.document.executionId, where).toBe(
    undefined,
  );
  expect(harness.deps.due.all(), where).toEqual([]);
  const later = await harness.run('full');
  expect(later, where).toMatchObject({ state: 'succeeded', counts: { received: records } });
  expect(run.counts.created + later.counts.created, where).toBe(records);
  expect((await harness.shards()).size, where).toBe(records);
  expect(
    (await harness.links()).every((link) => link.state === 'settled'),
    where,
  ).toBe(true);
  expect((await harness.run('full')).counts, where).toMatchObject({ received: records, unchanged: records });
  expect(harness.deps.log.alerts, where).toEqual([]);
}

/** Each change of state that the log tells, in order. */
async function statesOf(harness: SyncHarness, id: string): Promise<string[]> {
  const stored = await harness.deps.runs.logs.list(harness.scope, {
    partition: id,
    filters: [{ field: 'event', is: 'equal', value: 'state-changed' }],
    order: 'ascending',
    limit: 1000,
  });
  return stored.map(({ document }) => `${document.data?.['from'] ?? ''} ${document.data?.['to']}`);
}

describe('at any step of a run', () => {
  it('a pause holds until it is resumed, and nothing is read or counted twice', async () => {
    const calls = await undisturbedCalls();
    expect(calls).toBeGreaterThan(50);
    let paused = 0;
    for (let call = 1; call <= calls; call += 1) {
      const world = await begin();
      const { harness, id } = world;
      interruptAt(world.harness, call, () => ask(world, ['pause']));
      const run = await harness.quieten(id);
      if (run.state === 'paused') {
        paused += 1;
        const asked = harness.provider.requests.length;
        for (let hour = 0; hour < 24; hour += 1) {
          harness.deps.clock.advance(dayMs / 24);
          await runDueEntries(harness.deps, traceparent);
        }
        expect(await harness.read(id), `call ${call}`).toEqual(run);
        expect(harness.deps.syncQueue.waiting, `call ${call}`).toBe(0);
        expect(harness.provider.requests, `call ${call}`).toHaveLength(asked);
        await createPerson(harness).ask('resume', id);
      }
      const ended = await harness.finish(id);
      expect(ended, `call ${call}`).toMatchObject({
        state: 'succeeded',
        counts: { received: records, created: records },
        pages: 4,
      });
      await expectWhole(harness, ended, `call ${call}`);
    }
    expect(paused).toBeGreaterThan(calls / 2);
  });

  it('a pause that is taken back at once costs nothing', async () => {
    const calls = await undisturbedCalls();
    for (let call = 1; call <= calls; call += 1) {
      const world = await begin();
      interruptAt(world.harness, call, () => ask(world, ['pause', 'resume']));
      const ended = await world.harness.finish(world.id);
      expect(ended, `call ${call}`).toMatchObject({
        state: 'succeeded',
        counts: { received: records, created: records },
      });
      await expectWhole(world.harness, ended, `call ${call}`);
    }
  });

  const cancels: readonly (readonly Verb[])[] = [
    ['cancel'],
    ['pause', 'cancel'],
    ['pause', 'resume', 'cancel'],
    ['pause', 'resume', 'pause', 'cancel'],
    ['cancel', 'pause', 'resume', 'cancel'],
  ];
  it.each(cancels.map((verbs) => [verbs.join(', '), verbs] as const))(
    '%s ends it for good, within a page, with everything counted that was applied',
    async (_name, verbs) => {
      const calls = await undisturbedCalls();
      let cancelled = 0;
      for (let call = 1; call <= calls; call += 1) {
        const world = await begin();
        interruptAt(world.harness, call, () => ask(world, verbs));
        const before = world.harness.deps.clock.nowMs();
        const ended = await world.harness.finish(world.id);
        expect(['cancelled', 'succeeded'], `call ${call}`).toContain(ended.state);
        if (ended.state === 'cancelled') cancelled += 1;
        expect(Date.parse(ended.finishedAt ?? '') - before, `call ${call}`).toBe(0);
        expect((await statesOf(world.harness, world.id)).filter((each) => each.endsWith(ended.state))).toHaveLength(1);
        await expectWhole(world.harness, ended, `call ${call}`);
      }
      expect(cancelled).toBeGreaterThan(calls / 2);
    },
  );
});

describe('a second worker that comes after a resume, while the first is still there', () => {
  /** Pauses, resumes, and has another host work on a slice. */
  async function overtake(world: World, then: readonly Verb[]): Promise<void> {
    const { deps } = world.harness;
    await ask(world, ['pause', 'resume']);
    const message = deps.syncQueue.receive();
    if (message !== undefined) await workOnSlice(deps, message.envelope);
    message?.complete();
    await ask(world, then);
  }

  it.each<[string, readonly Verb[], string]>([
    ['goes on', [], 'succeeded'],
    ['pauses and goes on', ['pause', 'resume'], 'succeeded'],
    ['cancels', ['cancel'], 'cancelled'],
  ])('and then %s, at any step, leaves nothing lost, doubled or miscounted', async (_name, then, end) => {
    const calls = await undisturbedCalls();
    for (let call = 1; call <= calls; call += 1) {
      const world = await begin();
      interruptAt(world.harness, call, () => overtake(world, then));
      const ended = await world.harness.finish(world.id);
      expect([end, 'succeeded'], `call ${call}`).toContain(ended.state);
      if (ended.state === 'succeeded') expect(ended.counts, `call ${call}`).toMatchObject({ received: records });
      await expectWhole(world.harness, ended, `call ${call}`);
    }
  });
});

describe('a crash', () => {
  const sampled = 7;

  it.each([
    ['pause', 'before'],
    ['pause', 'after'],
    ['cancel', 'before'],
    ['cancel', 'after'],
  ] as const)(
    'of a request to %s, %s any of its steps, loses nothing; asking again is enough',
    async (verb, moment) => {
      const calls = await undisturbedCalls();
      for (let call = 1; call <= calls; call += sampled) {
        for (let step = 1; step <= 6; step += 1) {
          const { harness, id } = await begin();
          const where = `call ${call}, step ${step}`;
          const { faults } = harness.deps;
          interruptAt(harness, call, async () => {
            faults.crashAt(step, moment);
            await refusal(createPerson(harness).ask(verb, id));
          });
          if (verb === 'pause') await harness.quieten(id).catch(() => undefined);
          else await harness.finish(id);
          faults.restart();
          await refusal(createPerson(harness, { repeated: true }).ask(verb, id));
          await harness.quieten(id);
          await refusal(createPerson(harness).ask('resume', id));
          await expectWhole(harness, await harness.finish(id), where);
        }
      }
    },
  );

  it.each(['before', 'after'] as const)(
    'of a request to resume, %s any of its steps, is mended by the clock',
    async (moment) => {
      for (let call = 3; call <= 60; call += 3) {
        for (let step = 1; step <= 6; step += 1) {
          const world = await begin();
          const { harness, id } = world;
          interruptAt(world.harness, call, () => ask(world, ['pause']));
          if ((await harness.quieten(id)).state !== 'paused') continue;
          harness.deps.faults.crashAt(step, moment);
          await survive(harness.deps, () => createPerson(harness).ask('resume', id));
          harness.deps.faults.restart();
          if ((await harness.read(id)).state === 'paused') await createPerson(harness).ask('resume', id);
          const ended = await harness.finish(id);
          expect(ended, `call ${call}, step ${step}`).toMatchObject({
            state: 'succeeded',
            counts: { created: records },
          });
          await expectWhole(harness, ended, `call ${call}, step ${step}`);
        }
      }
    },
  );

  it.each(['before', 'after'] as const)(
    'of the worker %s any step after a cancel still ends the run, with what was applied counted',
    async (moment) => {
      const calls = await undisturbedCalls();
      for (let call = 1; call <= calls; call += sampled) {
        for (let step = 1; step <= 25; step += 3) {
          const { harness, id } = await begin();
          const { faults } = harness.deps;
          interruptAt(harness, call, async () => {
            await refusal(createPerson(harness).ask('cancel', id));
            faults.crashAt(step, moment);
          });
          const ended = await harness.finish(id);
          faults.restart();
          expect(['cancelled', 'succeeded']).toContain(ended.state);
          await expectWhole(harness, ended, `call ${call}, step ${step}`);
        }
      }
    },
  );

  it.each([
    ['before', 'resume', 'succeeded'],
    ['after', 'resume', 'succeeded'],
    ['before', 'cancel', 'cancelled'],
    ['after', 'cancel', 'cancelled'],
  ] as const)('of the worker %s any step after a pause leaves a run to %s', async (moment, then, end) => {
    const calls = await undisturbedCalls();
    for (let call = 1; call <= calls; call += sampled) {
      for (let step = 1; step <= 25; step += 3) {
        const { harness, id } = await begin();
        const { faults } = harness.deps;
        interruptAt(harness, call, async () => {
          await refusal(createPerson(harness).ask('pause', id));
          faults.crashAt(step, moment);
        });
        await harness.quieten(id);
        faults.restart();
        await refusal(createPerson(harness).ask(then, id));
        const ended = await harness.finish(id);
        expect([end, 'succeeded']).toContain(ended.state);
        await expectWhole(harness, ended, `call ${call}, step ${step}`);
      }
    }
  });
});

it('is thrown at whoever asks while the process is dead', async () => {
  const { harness, id } = await begin();
  harness.deps.faults.crashAt(1, 'before');
  await expect(createPerson(harness).ask('pause', id)).rejects.toBeInstanceOf(Crash);
});
