import { AppError } from '../../../shared/core/app-error.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import { Crash, type Operation } from '../faults.ts';
import { Deeds } from './deeds.ts';
import { findFaults } from './find-faults.ts';
import { areAllWhole } from './look-up.ts';
import { MadeRecords } from './made-records.ts';
import { People, type Request } from './people.ts';
import type { Event, Moment, Program } from './program.ts';
import type { WriteSeen } from './system-record.ts';
import { watchShards } from './watch-shards.ts';
import { TwoWayWorld } from './world.ts';

/** Runs a program to its end and has everything come to rest. @returns what is not as it must be, in words */
export async function runProgram(program: Program): Promise<string[]> {
  const world = new TwoWayWorld(program);
  const run = new Run(world, program);
  try {
    await run.begin();
    await run.live();
    await run.calm();
    return await run.judge();
  } catch (error) {
    return [`thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

type Deed =
  | Request
  | (Event & {
      readonly kind: 'create' | 'edit' | 'delete' | 'restore' | 'touch' | 'garble' | 'mend' | 'disturb' | 'clash';
    });

/** Calls after which a moment that does not come is no longer waited for. */
const patience = 150;
/** People who decide make others decide: after so many rounds there has to be nothing left. */
const mostRounds = 6;

class Run {
  readonly #deeds: Deeds;
  readonly #world: TwoWayWorld;
  readonly #made: MadeRecords;
  readonly #people: People;
  readonly #program: Program;
  readonly #steps: Program['steps'][number][];
  #seen: readonly string[] = [];
  readonly #unshown = new Set<() => Promise<void>>();
  #calls = 0;
  #depth = 0;

  constructor(world: TwoWayWorld, program: Program) {
    this.#world = world;
    this.#deeds = new Deeds(() => world.deps.clock.nowMs());
    this.#made = new MadeRecords(world);
    this.#people = new People(world, this.#deeds, this.#made);
    this.#program = program;
    this.#steps = [...program.steps];
  }

  /** People who are there before, and are the same everywhere. */
  async begin(): Promise<void> {
    const { people, systems } = this.#program;
    for (let index = 0; index < people; index += 1) {
      this.#world.system(index % systems.length).create({
        name: 'Ada',
        email: `p${index}@x.org`,
        phone: '040123456',
        city: 'Ptuj',
        emails: ['a@x.org'],
      });
    }
    await this.#world.rest();
    await this.#world.round();
    for (const system of this.#world.systems) system.writes.length = 0;
    this.#seen = await watchShards(this.#world, this.#deeds, this.#program);
  }

  async live(): Promise<void> {
    if (this.#program.calm) return this.#liveCalmly();
    const { faults } = this.#world.deps;
    faults.onOperation = async (operation) => {
      this.#calls += 1;
      const next = this.#steps[0];
      if (next === undefined || this.#calls < next.after) return;
      if (next.during !== undefined && this.#calls < patience && !isDuring(next.during, operation)) return;
      this.#calls = 0;
      this.#steps.shift();
      await this.#happen(next.event);
    };
    for (let turn = 0; this.#steps.length > 0; turn += 1) {
      if (turn > 1000) throw new Error('The program does not end');
      if (await this.#world.turn()) continue;
      // What is to happen during a write waits for one that may still come.
      if (this.#steps[0]?.during === 'push' && (await this.#world.wakes())) continue;
      const next = this.#steps.shift();
      if (next !== undefined) await this.#world.survive(() => this.#happen(next.event));
    }
  }

  /** One thing after the other, each told to everybody, and told once. */
  async #liveCalmly(): Promise<void> {
    for (const { event } of this.#steps) {
      const before = this.#world.systems.map(({ writes }) => writes.length);
      await this.#happen(event);
      await this.#world.settle();
      const told = this.#world.systems.map(({ writes }, index) => mostOfOne(writes.slice(before[index])));
      this.#deeds.told.push({ event, writes: told });
    }
  }

  async calm(): Promise<void> {
    const { faults } = this.#world.deps;
    faults.onOperation = undefined;
    faults.restart();
    // What is told and cannot be taken is told again.
    for (const show of this.#unshown) await show();
    for (const system of this.#world.systems) {
      system.nextFaults.length = 0;
      // Deleted ones can be restored later.
      for (const record of system.records.values()) {
        if (record.isGarbled !== true) continue;
        record.isGarbled = false;
        system.touch(record);
      }
    }
    await this.#world.settle();
  }

  /** Everything is as it must be, then also when people have decided what waited for them, and nothing is written any more. */
  async judge(): Promise<string[]> {
    const find = (isDecided: boolean) => [
      ...this.#seen,
      ...findFaults(this.#world, this.#deeds, this.#made, this.#program, isDecided),
    ];
    const waiting = find(false);
    if (waiting.length > 0) return waiting;
    return (await this.#decideAll()) ? find(true) : [];
  }

  /** @returns whether there was anything to decide */
  async #decideAll(): Promise<boolean> {
    if (this.#program.wavers === true) {
      await this.#people.waver();
      await this.#world.settle();
    }
    for (let round = 0; round < mostRounds; round += 1) {
      if (!(await this.#people.clearDesk(round))) return round > 0;
      await this.#world.settle();
      // What has been carried out everywhere is taken back as well.
      if (round > 0 || this.#program.wavers !== true) continue;
      await this.#people.waver();
      await this.#world.settle();
    }
    // Where deletions are ignored, a record that is gone is refused again and again.
    if (areAllWhole(this.#program)) throw new Error('There is always something for people to decide');
    return true;
  }

  async #happen(event: Event): Promise<void> {
    const world = this.#world;
    switch (event.kind) {
      case 'sync':
        return this.#other(async () => {
          await world.sync(event.system, event.full);
          if (event.now) await world.deliver('sync', false);
        });
      case 'feed':
        return this.#other(() => world.feed(true));
      case 'clock':
        return this.#other(() => world.tick());
      case 'deliver':
        return this.#other(async () => {
          await world.deliver(event.queue, event.again);
        });
      case 'sleep':
        world.deps.clock.advance(event.ms);
        return;
      case 'crash':
        world.deps.faults.crashAt(event.step, event.moment);
        return;
      case 'lose-answer':
        world.deps.faults.loseAnswerAt(event.step, new AppError('unavailable', { detail: 'It does not answer.' }));
        return;
      case 'fault':
        world.system(event.system).nextFaults.push({ fault: event.fault, of: event.of });
        return;
      case 'look':
      case 'look-written':
      case 'show':
        return this.#look(event);
      default:
        // No two people do something in the same instant, but for ties.
        world.deps.clock.advance(event.kind === 'touch' ? 0 : 1);
        return this.#peopleDo(event);
    }
  }

  async #peopleDo(event: Deed): Promise<void> {
    switch (event.kind) {
      case 'create':
        this.#people.create(event);
        return;
      case 'edit':
      case 'delete':
      case 'restore':
      case 'touch':
        this.#people.changeThere(event);
        return;
      case 'garble':
      case 'mend':
        this.#people.garble(event);
        return;
      case 'disturb':
        return this.#other(() => this.#people.disturb(event));
      case 'clash':
        return this.#other(() => this.#people.clash(event));
      default:
        return this.#other(() => this.#people.ask(event));
    }
  }

  async #look(event: Event & { kind: 'look' | 'look-written' | 'show' }): Promise<void> {
    const world = this.#world;
    if (event.kind !== 'show') {
      const found = event.kind === 'look' ? this.#find(event) : world.findWritten();
      if (found?.record === undefined) return;
      const change = world.system(found.system).show(found.record);
      world.looks.push({ system: found.system, change, seenAtMs: world.deps.clock.nowMs(), announced: [] });
      return;
    }
    const look = pick(world.looks, event.look);
    if (look === undefined) return;
    const { traits, records } = world.system(look.system);
    const record = records.get(look.change.externalId);
    const isLate = record !== undefined && !sameValue(record.fields, look.change.record);
    if (isLate && !traits.versioned) this.#deeds.shownLate.add(record.id);
    const id = look.seenAtMs + world.looks.indexOf(look);
    if (!event.again) world.looks.splice(world.looks.indexOf(look), 1);
    const show = () => world.show(look, id);
    this.#unshown.add(show);
    await this.#other(async () => {
      await show();
      this.#unshown.delete(show);
    });
  }

  #find({ system, record }: Event & { kind: 'look' }) {
    const { systems } = this.#world;
    return { system: system % systems.length, record: pick([...this.#world.system(system).records.values()], record) };
  }

  /** Another process does something while the one that is at a call waits; it may be interrupted in turn. */
  async #other(work: () => Promise<void>): Promise<void> {
    if (this.#depth >= 2) return;
    this.#depth += 1;
    try {
      await this.#world.onHost(work);
    } catch (error) {
      if (error instanceof Crash) throw error;
      if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
    } finally {
      this.#depth -= 1;
    }
  }
}

/** How often the one was written that was written most; a shard may have two records of a system. Those that were made count together. */
function mostOfOne(writes: readonly WriteSeen[]): number {
  const byRecord = Map.groupBy(writes, ({ kind, id }) => (kind === 'create' ? kind : id));
  return Math.max(0, ...[...byRecord.values()].map((all) => all.length));
}

function isDuring(moment: Moment, { port, verb }: Operation): boolean {
  if (moment === 'shards') return port === 'shards' && verb === 'writeMany';
  if (moment === 'conflicts') return port === 'conflicts' && verb !== 'list';
  return moment === 'lane' ? port === 'pushLanes' && verb === 'replace' : verb === moment;
}

function pick<T>(choices: readonly T[], index: number): T | undefined {
  return choices[index % Math.max(choices.length, 1)];
}
