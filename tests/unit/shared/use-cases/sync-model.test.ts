import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../shared/core/app-error.ts';
import { reconciles } from '../../../../shared/core/counts.ts';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import { runDueEntries } from '../../../../shared/use-cases/run-due-entries.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { Crash } from '../../../kit/faults.ts';
import { createPerson, type Verb } from '../../../kit/person.ts';
import { createSyncHarness, type SyncHarness, traceparent } from '../../../kit/sync-harness.ts';

/** What may happen between any two calls of a port. */
type Event =
  | { readonly kind: 'edit' | 'delete' | 'insert'; readonly record: number }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'tick' | 'deliver' | 'deliver-again' }
  | { readonly kind: 'ask'; readonly verb: Verb }
  | { readonly kind: 'crash'; readonly step: number; readonly moment: 'before' | 'after' }
  | { readonly kind: 'lose-answer'; readonly step: number }
  | { readonly kind: 'lose-request' };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constantFrom('edit' as const, 'delete' as const, 'insert' as const), record: fc.nat(11) }),
  fc.record({ kind: fc.constant('sleep' as const), ms: fc.constantFrom(1, 1000, 40_000, 120_000) }),
  fc.record({ kind: fc.constantFrom('tick' as const, 'deliver' as const, 'deliver-again' as const) }),
  fc.record({
    kind: fc.constant('crash' as const),
    step: fc.integer({ min: 1, max: 6 }),
    moment: fc.constantFrom('before' as const, 'after' as const),
  }),
  fc.record({ kind: fc.constant('lose-answer' as const), step: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('lose-request' as const) }),
);

const ask: fc.Arbitrary<Event> = fc.record({
  kind: fc.constant('ask' as const),
  verb: fc.constantFrom<Verb>('pause', 'pause', 'resume', 'resume', 'cancel'),
});

/** Events by the call of a port before which they happen. */
const after = fc.integer({ min: 1, max: 14 });
const plan = fc.array(fc.record({ after, event }), { maxLength: 14 });
const controlled = fc.array(fc.record({ after, event: fc.oneof(event, ask) }), { maxLength: 14 });

interface Options {
  readonly versioned: boolean;
  /** Records come and go only where no page shifts; elsewhere a read by position may miss some, whatever the engine does. */
  readonly shifting: boolean;
}

const firstRecords = 11;

class World {
  readonly harness: SyncHarness;
  readonly #plan: { after: number; event: Event }[];
  readonly #options: Options;
  readonly #executionId: string;
  /** Someone was told that the run is cancelled, or will be. */
  isCancelled = false;
  #calls = 0;
  #edits = 0;
  #losing = false;
  #depth = 0;

  constructor(
    harness: SyncHarness,
    steps: readonly { after: number; event: Event }[],
    options: Options,
    executionId = '',
  ) {
    this.harness = harness;
    this.#executionId = executionId;
    this.#plan = [...steps];
    this.#options = options;
    harness.deps.faults.onOperation = async () => {
      if (this.#losing) {
        this.#losing = false;
        throw unavailable();
      }
      this.#calls += 1;
      const next = this.#plan[0];
      if (next === undefined || this.#calls < next.after) return;
      this.#calls = 0;
      this.#plan.shift();
      await this.#happen(next.event);
    };
  }

  async #happen(what: Event): Promise<void> {
    const { deps, provider } = this.harness;
    switch (what.kind) {
      case 'edit':
        this.edit(what.record);
        return;
      case 'delete':
        if (this.#options.shifting) provider.forget(name(what.record));
        else if (what.record < firstRecords) provider.delete(name(what.record));
        return;
      case 'insert':
        if (this.#options.shifting) provider.put(`a${what.record}`, { name: `Inserted ${what.record}` });
        return;
      case 'sleep':
        deps.clock.advance(what.ms);
        return;
      case 'tick':
        await this.#other(() => runDueEntries(deps, traceparent).then(() => undefined));
        return;
      case 'deliver':
      case 'deliver-again':
        await this.#other(async () => {
          const message = deps.syncQueue.receive(what.kind === 'deliver' ? 60_000 : 0);
          if (message === undefined) return;
          await workOnSlice(deps, message.envelope);
          if (what.kind === 'deliver') message.complete();
        });
        return;
      case 'ask':
        await this.#other(() => this.ask(what.verb));
        return;
      case 'crash':
        deps.faults.crashAt(what.step, what.moment);
        return;
      case 'lose-answer':
        deps.faults.loseAnswerAt(what.step, unavailable());
        return;
      case 'lose-request':
        this.#losing = true;
        return;
    }
  }

  /** Another process does something while the one that is at a call waits; it may be interrupted in turn. */
  async #other(work: () => Promise<void>): Promise<void> {
    if (this.#depth >= 2) return;
    this.#depth += 1;
    try {
      await work();
    } catch (error) {
      if (error instanceof Crash) throw error;
      if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** What the run's state does not allow is refused. */
  async ask(verb: Verb): Promise<void> {
    try {
      await createPerson(this.harness).ask(verb, this.#executionId);
      if (verb === 'cancel') this.isCancelled = true;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'wrong-state')) throw error;
    }
  }

  edit(record: number): void {
    this.#edits += 1;
    // A few values only, so that a record goes back to what it was.
    this.harness.deps.clock.advance(1);
    this.harness.provider.put(name(record), { name: `Name ${this.#edits % 2}`, city: 'Ptuj' });
  }

  calm(): void {
    this.harness.deps.faults.onOperation = undefined;
    this.harness.deps.faults.restart();
  }
}

function unavailable(): AppError {
  return new AppError('unavailable', { detail: 'The database does not answer right now.' });
}

function name(record: number): string {
  return `p${String(record).padStart(4, '0')}`;
}

async function live(steps: readonly { after: number; event: Event }[], options: Options): Promise<void> {
  const harness = await createSyncHarness({ pageSize: 4, engine: { pagesPerSlice: 2, attempts: 1000 } });
  harness.provider.versioned = options.versioned;
  const world = new World(harness, [], options);
  for (let record = 0; record < firstRecords; record += 1) world.edit(record);
  await harness.run();
  harness.deps.clock.advance(600_000);
  world.edit(3);
  world.edit(7);
  harness.provider.put('b', { name: 'Before all' });
  const shardsBefore = (await harness.shards()).size;
  const { id } = await harness.start('full');
  const disturbed = new World(harness, steps, options, id);
  const execution = await finishDisturbed(harness, id);
  disturbed.calm();
  expect(execution.finishedAt).toBeDefined();
  // Who was not told so, because the answer got lost, may find it cancelled all the same.
  if (disturbed.isCancelled || execution.state !== 'succeeded') expect(execution.state).toBe('cancelled');
  expect(reconciles(execution.counts)).toBe(true);
  await expectOneShardEach(harness);
  const newShards = (await harness.shards()).size - shardsBefore;
  // A worker that was taken for dead may still write while a cancelled run ends.
  if (execution.state === 'succeeded') expect(execution.counts.created).toBe(newShards);
  else expect(execution.counts.created).toBeLessThanOrEqual(newShards);
  harness.deps.clock.advance(600_000);
  const next = await harness.run(options.shifting || !options.versioned ? 'full' : undefined);
  expect(next.state).toBe('succeeded');
  await expectSameAsProvider(harness, options);
  const quiet = await harness.run('full');
  expect(quiet.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
}

/** Like the harness's `finish`, but a call may also fail without a crash: then the message comes again. A paused run is resumed in the end. */
async function finishDisturbed(harness: SyncHarness, id: string): Promise<ExecutionDocument> {
  for (let turn = 0; turn < 200; turn += 1) {
    try {
      if ((await harness.quieten(id)).state !== 'paused') return await harness.finish(id);
      await createPerson(harness).ask('resume', id);
    } catch (error) {
      if (error instanceof Crash) harness.deps.faults.restart();
      else if (!(error instanceof AppError && ['unavailable', 'wrong-state'].includes(error.code))) throw error;
    }
  }
  throw new Error('the run did not end');
}

async function expectOneShardEach(harness: SyncHarness): Promise<void> {
  const shards = await harness.shards();
  const links = await harness.links();
  expect(new Set(links.map((link) => link.shardId)).size).toBe(links.length);
  for (const link of links.filter((each) => each.state === 'settled')) {
    expect(shards.get(link.externalId)?.id).toBe(link.shardId);
  }
}

async function expectSameAsProvider(harness: SyncHarness, options: Options): Promise<void> {
  const shards = await harness.shards();
  for (const record of harness.provider.records()) {
    const shard = shards.get(record.id);
    if (record.deleted === true) {
      expect(shard?.status, record.id).toBe('deleted');
    } else {
      expect(shard?.data['name'], record.id).toBe(record.fields['name']);
      expect(shard?.status, record.id).toBe('active');
    }
  }
  if (!options.shifting) expect(shards.size).toBe(harness.provider.records().length);
}

describe.each<[string, Options]>([
  ['in place, with versions', { versioned: true, shifting: false }],
  ['in place, without versions', { versioned: false, shifting: false }],
  ['that shift pages, with versions', { versioned: true, shifting: true }],
  ['that shift pages, without versions', { versioned: false, shifting: true }],
])('whatever crashes, repeats, sleeps and loses answers, amid edits %s', (_name, options) => {
  it('counts add up, nothing is doubled, and both sides agree in the end', async () => {
    await fc.assert(
      fc.asyncProperty(plan, (steps) => live(steps, options)),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 60) },
    );
  });

  it('the same holds while people pause, resume and cancel, and a cancel is final', async () => {
    await fc.assert(
      fc.asyncProperty(controlled, (steps) => live(steps, options)),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 60) },
    );
  });
});
