import { AppError } from '../../../shared/core/app-error.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import { changeShard, type ShardChange } from '../../../shared/core/change-shard.ts';
import { setPath } from '../../../shared/core/identity/survivorship.ts';
import { copyJson, type Json, type JsonObject } from '../../../shared/core/json.ts';
import type { PushRoute } from '../../../shared/core/two-way/push-routes.ts';
import { loadPushRoutes } from '../../../shared/use-cases/load-push-routes.ts';
import { Crash } from '../faults.ts';
import { findFaults } from './find-faults.ts';
import { type Event, type Field, type Program, valueOfField } from './program.ts';
import { pathOf, TwoWayWorld } from './world.ts';

/** What somebody did to a field, here (`shard`) or in a system (`record`). */
export interface Edit {
  readonly place: string;
  readonly id: string;
  readonly field: Field;
  readonly value: Json | undefined;
  readonly order: number;
}

/** What people did in the course of a program. */
export interface Deeds {
  readonly edits: Edit[];
  /** Records and shards that somebody deleted or restored, by id, with when that was. */
  readonly deleted: Map<string, number>;
  /** Of a calm program: how many writes each system had of what happened. */
  readonly told: { readonly event: Event; readonly writes: readonly number[] }[];
}

/** Runs a program to its end and has everything come to rest. @returns what is not as it must be, in words */
export async function runProgram(program: Program): Promise<string[]> {
  const world = new TwoWayWorld(program);
  const run = new Run(world, program);
  try {
    await run.begin();
    await run.live();
    await run.calm();
    return await findFaults(world, run.deeds, program);
  } catch (error) {
    return [`thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

class Run {
  readonly deeds: Deeds = { edits: [], deleted: new Map(), told: [] };
  readonly #world: TwoWayWorld;
  readonly #program: Program;
  readonly #steps: Program['steps'][number][];
  #routes: readonly PushRoute[] = [];
  #calls = 0;
  #depth = 0;
  #order = 0;

  constructor(world: TwoWayWorld, program: Program) {
    this.#world = world;
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
    await this.#world.settle();
    this.#routes = await loadPushRoutes(this.#world.deps, this.#world.scope);
    for (const system of this.#world.systems) system.writes.length = 0;
  }

  async live(): Promise<void> {
    if (this.#program.calm) return this.#liveCalmly();
    const { faults } = this.#world.deps;
    faults.onOperation = async () => {
      this.#calls += 1;
      const next = this.#steps[0];
      if (next === undefined || this.#calls < next.after) return;
      this.#calls = 0;
      this.#steps.shift();
      await this.#happen(next.event);
    };
    for (let turn = 0; this.#steps.length > 0; turn += 1) {
      if (turn > 1000) throw new Error('The program does not end');
      if (await this.#world.turn()) continue;
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
      const told = this.#world.systems.map(({ writes }, index) => writes.length - (before[index] ?? 0));
      this.deeds.told.push({ event, writes: told });
    }
  }

  async calm(): Promise<void> {
    const { faults } = this.#world.deps;
    faults.onOperation = undefined;
    faults.restart();
    for (const system of this.#world.systems) system.nextFaults.length = 0;
    await this.#world.settle();
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
        return this.#other(() => world.feed());
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
        world.system(event.system).nextFaults.push(event.fault);
        return;
      case 'look':
      case 'show':
        return this.#look(event);
      default:
        // No two people do something in the same instant, but for ties.
        world.deps.clock.advance(event.kind === 'touch' ? 0 : 1);
        this.#peopleDo(event);
    }
  }

  async #look(event: Event & { kind: 'look' | 'show' }): Promise<void> {
    const world = this.#world;
    if (event.kind === 'look') {
      const system = world.system(event.system);
      const record = pick([...system.records.values()], event.record);
      if (record === undefined) return;
      const at = event.system % world.systems.length;
      world.looks.push({ system: at, change: system.show(record), seenAtMs: world.deps.clock.nowMs(), announced: [] });
      return;
    }
    const look = pick(world.looks, event.look);
    if (look === undefined) return;
    const id = look.seenAtMs + world.looks.indexOf(look);
    if (!event.again) world.looks.splice(world.looks.indexOf(look), 1);
    await this.#other(() => world.show(look, id));
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

  #note(edit: Omit<Edit, 'order'>): void {
    this.#order += 1;
    this.deeds.edits.push({ ...edit, order: this.#order });
  }

  #peopleDo(event: Event): void {
    if (event.kind === 'create') {
      const record = this.#world.system(event.system).create({
        name: `New ${event.value}`,
        email: valueOfField('email', event.value) ?? null,
      });
      for (const field of ['name', 'email'] as const) {
        const value = record.fields[field];
        if (value !== undefined) this.#note({ place: record.id[0] ?? '', id: record.id, field, value });
      }
    } else if (event.kind === 'edit-here' || event.kind === 'delete-here') this.#changeHere(event);
    else if ('record' in event) this.#changeThere(event);
  }

  #changeThere(event: Event & { kind: 'edit' | 'delete' | 'restore' | 'touch' | 'look' }): void {
    const system = this.#world.system(event.system);
    const gone = [...system.records.values()].filter(({ deleted }) => deleted);
    const record = pick(event.kind === 'restore' ? gone : system.live(), event.record);
    if (record === undefined) return;
    if (event.kind === 'touch') {
      system.touch(record);
      return;
    }
    if (event.kind === 'edit') {
      const before = record.fields[event.field];
      system.edit(record, event.field, valueOfField(event.field, event.value));
      const value = record.fields[event.field];
      if (!sameValue(before, value)) this.#note({ place: system.name, id: record.id, field: event.field, value });
      return;
    }
    this.#order += 1;
    this.deeds.deleted.set(record.id, this.#order);
    system.mark(record, event.kind === 'delete');
  }

  /** A person's request is one conditional write, to the shard as it is. */
  #changeHere(event: Event & { kind: 'edit-here' | 'delete-here' }): void {
    const { deps, scope } = this.#world;
    const { deeds } = this;
    const shard = pick(
      this.#world.shards().filter(({ status }) => status === 'active'),
      event.shard,
    );
    const stored = shard === undefined ? undefined : deps.shards.peek(scope, { id: shard.id });
    if (shard === undefined || stored === undefined) return;
    const at = deps.now().toISOString();
    const cause = { kind: 'person' as const, id: `req_${at}`, actorId: 'ada', at };
    let change: ShardChange = { status: 'deleted' };
    if (event.kind === 'edit-here') {
      const value = valueOfField(event.field, event.value);
      const data = copyJson(shard.data as JsonObject);
      setPath(data, pathOf(event.field).split('.'), value);
      change = { data };
      if (!sameValue(data, shard.data)) this.#note({ place: 'here', id: shard.id, field: event.field, value });
    } else {
      this.#order += 1;
      deeds.deleted.set(shard.id, this.#order);
    }
    const document = changeShard(shard, change, cause, this.#routes);
    deps.shards.put(scope, { kind: 'replace', etag: stored.etag, document });
  }
}

function pick<T>(choices: readonly T[], index: number): T | undefined {
  return choices[index % Math.max(choices.length, 1)];
}
