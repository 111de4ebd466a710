import { describe, expect, it } from 'vitest';
import { AdapterFailure } from '../../../../shared/core/adapter.ts';
import { type ExecutionDocument, partitionIdOf } from '../../../../shared/core/documents/execution.ts';
import { isTerminal } from '../../../../shared/core/execution-states.ts';
import { createPerson, refusal, type Verb } from '../../../kit/person.ts';
import { createSyncHarness, fill, type SyncHarness } from '../../../kit/sync-harness.ts';

const people = 7;

async function begin(): Promise<{ readonly harness: SyncHarness; readonly id: string }> {
  const harness = await createSyncHarness({ pageSize: 2, engine: { pagesPerSlice: 2 }, task: { bulk: 'always' } });
  harness.provider.cutAt = ['p0004'];
  fill(harness, people);
  const { id } = await harness.start();
  return { harness, id };
}

/** What holds after any end: each write is counted once, nobody goes on, and a later run finds everything. */
async function expectWhole(harness: SyncHarness, run: ExecutionDocument, where: string): Promise<void> {
  expect(run.counts.created, `counted, ${where}`).toBe((await harness.shards()).size);
  const known = new Set([run.id, run.taskId]);
  for (let index = 0; index < (run.bulk?.partitions ?? 0); index += 1) known.add(partitionIdOf(run.id, index));
  const documents = harness.deps.runs.executions.all().filter((each) => known.has(each.id));
  expect(
    documents.filter((each) => !isTerminal(each)).map(({ id, state }) => `${id} ${state}`),
    where,
  ).toEqual([]);
  const pages = harness.deps.runs.pages.all().filter(({ state }) => state === 'applying');
  const open = new Set(pages.flatMap(({ linkIds }) => linkIds));
  const links = (await harness.links()).filter((link) => open.has(link.id));
  expect(
    links.filter(({ state }) => state === 'settled').map(({ id }) => id),
    `of no page, ${where}`,
  ).toEqual([]);
  expect(
    harness.deps.leases.all().filter((each) => known.has(each.id) && each.executionId !== undefined),
    where,
  ).toEqual([]);
  expect(harness.deps.due.all(), where).toEqual([]);
  const later = await harness.run('full');
  expect(later, where).toMatchObject({ state: 'succeeded', counts: { received: people } });
  expect(run.counts.created + later.counts.created, where).toBe(people);
  expect((await harness.shards()).size, where).toBe(people);
  expect((await harness.run('full')).counts, where).toMatchObject({ received: people, unchanged: people });
}

/** How many durable steps and calls of ports an undisturbed run takes. */
async function undisturbed(): Promise<{ readonly steps: number; readonly calls: number }> {
  const { harness, id } = await begin();
  const before = harness.deps.faults.steps;
  let calls = 0;
  harness.deps.faults.onOperation = () => {
    calls += 1;
  };
  await harness.finish(id);
  return { steps: harness.deps.faults.steps - before, calls };
}

describe('a bulk run', () => {
  it('that a person cancels after a crash in the midst of any page, and while it waits, leaves no link that says more than its shard', async () => {
    const { steps } = await undisturbed();
    for (let step = 1; step <= steps; step += 1) {
      const { harness, id } = await begin();
      await crash(harness, step);
      const isOut = () => new AdapterFailure('rate-limited', 'Too many.', { retryAfterMs: 600_000 });
      harness.provider.failures.push(isOut(), isOut(), isOut());
      await harness.turns(step % 8);
      expect([undefined, 'wrong-state']).toContain(await refusal(createPerson(harness).ask('cancel', id)));
      harness.provider.failures.length = 0;
      await expectWhole(harness, await harness.finish(id), `step ${step}`);
    }
  });

  it('that fails because its workers are lost in the midst of any page counts what they did', async () => {
    const { steps } = await undisturbed();
    let failed = 0;
    for (let step = 1; step <= steps; step += 1) {
      const { harness, id } = await begin();
      const { deps } = harness;
      await crash(harness, step);
      // From here on nobody comes: every orchestration is lost, and every message.
      for (let look = 0; look < 100 && !isTerminal(await harness.read(id)); look += 1) {
        for (const instance of deps.orchestrations.started) deps.orchestrations.lose(instance);
        const message = deps.syncQueue.receive();
        if (message === undefined) deps.clock.advance(deps.engine.watchMs + deps.engine.leaseMs);
        await harness.turns(1);
      }
      const run = await harness.finish(id);
      if (run.state === 'failed') failed += 1;
      if (run.bulk !== undefined) await expectWhole(harness, run, `step ${step}`);
    }
    expect(failed).toBeGreaterThan(20);
  });

  it.each<readonly Verb[][]>([[['pause', 'cancel']], [['pause', 'resume', 'cancel']], [['cancel']]])(
    'that a person stops by %s in the midst of any page counts it',
    async (verbs) => {
      const { calls } = await undisturbed();
      for (let call = 1; call <= calls; call += 1) {
        const { harness, id } = await begin();
        interruptAt(harness, call, async () => {
          const person = createPerson(harness);
          for (const verb of verbs) expect([undefined, 'wrong-state']).toContain(await refusal(person.ask(verb, id)));
        });
        const run = await harness.finish(id);
        await expectWhole(harness, run, `call ${call}`);
      }
    },
  );

  it('that is paused again just as it goes on stops within its page', async () => {
    const pausesAt = async (call: number): Promise<number> => {
      const harness = await createSyncHarness({ pageSize: 2, task: { bulk: 'always' } });
      const { provider } = harness;
      fill(harness, 20);
      const { id } = await harness.start();
      const person = createPerson(harness);
      await harness.turns(2);
      await person.ask('pause', id);
      await harness.turns(20);
      await person.ask('resume', id);
      let before = -1;
      interruptAt(harness, call, async () => {
        before = provider.requests.length;
        expect(await refusal(person.ask('pause', id))).toBeOneOf([undefined, 'wrong-state']);
      });
      await harness.turns(30);
      return before < 0 ? 0 : provider.requests.length - before;
    };
    const pulls: number[] = [];
    for (let call = 1; call <= 70; call += 1) pulls.push(await pausesAt(call));
    // The page in hand, and the one that was read ahead.
    expect(Math.max(...pulls)).toBeLessThanOrEqual(2);
  });

  it.each([false, true])(
    'that is cancelled (paused before: %s) does not wait for what the provider asked one of its partitions to wait',
    async (isPaused) => {
      const { calls } = await undisturbed();
      const tookMs: number[] = [];
      for (let call = 1; call <= calls; call += 1) {
        const { harness, id } = await begin();
        harness.provider.onPull = ({ range }) => {
          if (range?.['to'] !== undefined)
            throw new AdapterFailure('rate-limited', 'Too many.', { retryAfterMs: 3_600_000 });
        };
        let cancelledAtMs = Number.POSITIVE_INFINITY;
        const cancel = async () => {
          cancelledAtMs = harness.deps.now().getTime();
          await refusal(createPerson(harness).ask('cancel', id));
        };
        interruptAt(harness, call, async () => {
          if (!isPaused) return cancel();
          await refusal(createPerson(harness).ask('pause', id));
        });
        if (isPaused) {
          for (let turns = 0; turns < 30 && (await harness.read(id)).state !== 'paused'; turns += 1)
            await harness.turns(1);
          await harness.turns(call % 3);
          await cancel();
        }
        const run = await harness.finish(id);
        tookMs.push(Date.parse(run.finishedAt ?? '') - cancelledAtMs);
      }
      expect(Math.max(...tookMs)).toBeLessThan(600_000);
    },
  );
});

/** The process dies after a step of the run; the next one has done nothing yet. */
async function crash({ deps, turns }: SyncHarness, step: number): Promise<void> {
  const { restarts } = deps.faults;
  deps.faults.crashAt(step, 'after');
  while (deps.faults.restarts === restarts) await turns(1);
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
