import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Play } from './any-play.ts';
import type { DurableHost } from './durable-host.ts';
import { type Expectation, evaluateProgram, unnamedFailure } from './evaluate-program.ts';
import { hasEnded, type Instance, type Instances } from './instances.ts';
import type { ActivityRun, ProgramInput, Value } from './program.ts';

export interface PlayOptions {
  /** Where HTTP requests of the programs go. */
  readonly origin: string;
  /** How many run at once. */
  readonly concurrency: number;
  /** How long one may take, in ms. */
  readonly withinMs: number;
  /** Whether an activity may run more often than was asked for, as after a crash. */
  readonly mayRepeat: boolean;
  /** Awaited before each program. */
  readonly beforeEach?: (index: number) => Promise<void>;
  readonly onMismatch?: (mismatch: string) => void;
}

export interface PlayedPrograms {
  readonly programs: number;
  /** Programs that came to something else than they must, with what differs. */
  readonly mismatches: readonly string[];
  /** Instances, sub-orchestrations too, that did not end. */
  readonly stuck: number;
  /** Programs without an instance at the end. */
  readonly lost: number;
  /** Ids that are listed twice, and activities that ran more often than they may. */
  readonly doubled: number;
  readonly activityRuns: number;
  /** Activity runs beyond those of a host that is never killed. */
  readonly repeatedRuns: number;
}

interface Tally {
  mismatches: string[];
  stuck: Set<string>;
  lost: Set<string>;
  doubled: number;
  repeatedRuns: number;
}

/** Runs the programs on a fresh host and compares everything that can be seen of them with what must come out. */
export async function playPrograms(
  host: DurableHost,
  plays: readonly Play[],
  options: PlayOptions,
): Promise<PlayedPrograms> {
  const tally: Tally = { mismatches: [], stuck: new Set(), lost: new Set(), doubled: 0, repeatedRuns: 0 };
  const remaining = plays.entries();
  const worker = async (): Promise<void> => {
    for (const [index, play] of remaining) {
      await options.beforeEach?.(index);
      await playOne(host.instances, idOf(index), play, options, tally);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  await lookAtAll(host.instances, plays.length, tally);
  const ledger = readLedger(host.ledger);
  plays.forEach((play, index) => {
    compareRuns(idOf(index), evaluateProgram(play.program), ledger, options, tally);
  });
  const activityRuns = [...ledger.values()].reduce((sum, runs) => sum + runs, 0);
  const { mismatches, doubled, repeatedRuns } = tally;
  const { stuck, lost } = { stuck: tally.stuck.size, lost: tally.lost.size };
  return { programs: plays.length, mismatches, stuck, lost, doubled, activityRuns, repeatedRuns };
}

const idOf = (index: number): string => `program-${index}`;

async function playOne(
  instances: Instances,
  id: string,
  play: Play,
  options: PlayOptions,
  tally: Tally,
): Promise<void> {
  const { program } = play;
  const input: ProgramInput = { program, place: '', root: id, origin: options.origin, generation: 0, results: [] };
  await instances.start('program', id, input, play.isStartedByApp ? 'app' : 'api');
  await Promise.all([raiseEvents(instances, id, play), suspendNowAndThen(instances, id, play)]);
  const instance = await instances.end(id, options.withinMs);
  const differences =
    instance === undefined
      ? await describeUnfinished(instances, id, tally)
      : await compare(instances, instance, evaluateProgram(program));
  if (differences.length === 0) return;
  note(`${id}: ${differences.join('; ')}\n  ${JSON.stringify(play)}`, options, tally);
}

function note(mismatch: string, options: PlayOptions, tally: Tally): void {
  tally.mismatches.push(mismatch);
  options.onMismatch?.(mismatch);
}

/** The events that the only generation of a program waits for. */
async function raiseEvents(instances: Instances, id: string, play: Play): Promise<void> {
  const [steps = []] = play.program.generations;
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'events') continue;
    await pause(play.eventsAfterMs);
    for (const [number, value] of step.values.entries())
      for (let time = 0; time < (play.areEventsRepeated ? 2 : 1); time += 1)
        await instances.raise(id, `events:0.${index}`, { number, value });
  }
}

async function suspendNowAndThen(instances: Instances, id: string, play: Play): Promise<void> {
  for (const { afterMs, forMs } of play.suspensions) {
    await pause(afterMs);
    await instances.suspend(id);
    await pause(forMs);
    await instances.resume(id);
  }
}

async function describeUnfinished(instances: Instances, id: string, tally: Tally): Promise<string[]> {
  const found = await instances.find(id);
  if (found === undefined) tally.lost.add(id);
  else tally.stuck.add(id);
  return [found === undefined ? 'it is not there' : `it is ${found.runtimeStatus} and does not end`];
}

async function compare(instances: Instances, found: Instance, expected: Expectation): Promise<string[]> {
  const differences = compareOutcome(found, expected);
  for (const [place, list] of expected.entities) {
    const key = `${found.instanceId}|${place}`;
    const state = await settledEntity(instances, key, list);
    if (!isDeepStrictEqual(state, list ?? undefined))
      differences.push(`entity ${key} is ${JSON.stringify(state)} instead of ${JSON.stringify(list)}`);
  }
  return differences;
}

function compareOutcome({ runtimeStatus, output, customStatus }: Instance, expected: Expectation): string[] {
  const { outcome } = expected;
  const differences: string[] = [];
  const say = (what: string, is: unknown, must: unknown): void => {
    differences.push(`${what} is ${JSON.stringify(is)} instead of ${JSON.stringify(must)}`);
  };
  if ('failure' in outcome) {
    const isNamed = outcome.failure === unnamedFailure || JSON.stringify(output).includes(outcome.failure);
    if (runtimeStatus !== 'Failed' || !isNamed) say(`the outcome ${runtimeStatus}`, output, outcome.failure);
  } else if (runtimeStatus !== 'Completed' || !isDeepStrictEqual(output, outcome.results)) {
    say(`the outcome ${runtimeStatus}`, output, outcome.results);
  }
  if (expected.status !== undefined && !isDeepStrictEqual(customStatus, expected.status))
    say('the custom status', customStatus, expected.status);
  return differences;
}

/** Signals are on their way for a while after the orchestration that sent them has ended. */
async function settledEntity(
  instances: Instances,
  key: string,
  list: readonly string[] | null,
): Promise<Value | undefined> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const state = await instances.entity('list', key);
    if (isDeepStrictEqual(state, list ?? undefined) || Date.now() > deadline) return state;
    await pause(50);
  }
}

/** Each program's instance is listed once, and nothing that any of them started goes on. */
async function lookAtAll(instances: Instances, programs: number, tally: Tally): Promise<void> {
  const deadline = Date.now() + 30_000;
  let all: Instance[];
  do {
    all = (await instances.list()).filter(({ instanceId }) => !instanceId.startsWith('@'));
  } while (!all.every(hasEnded) && Date.now() < deadline);
  const ids = new Set(all.map(({ instanceId }) => instanceId));
  tally.doubled += all.length - ids.size;
  for (const instance of all) if (!hasEnded(instance)) tally.stuck.add(instance.instanceId);
  for (let index = 0; index < programs; index += 1) if (!ids.has(idOf(index))) tally.lost.add(idOf(index));
}

/** How often each activity ran, by key. */
function readLedger(file: string): Map<string, number> {
  const runs = new Map<string, number>();
  if (!existsSync(file)) return runs;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const { key } = JSON.parse(line) as ActivityRun;
    runs.set(key, (runs.get(key) ?? 0) + 1);
  }
  return runs;
}

/** Each activity that was scheduled ran, none ran that was not, and none too often. */
function compareRuns(
  id: string,
  expected: Expectation,
  ledger: ReadonlyMap<string, number>,
  options: PlayOptions,
  tally: Tally,
): void {
  const differences: string[] = [];
  for (const [place, runs] of expected.runs) {
    const ran = ledger.get(`${id}|${place}`) ?? 0;
    if (ran > runs) tally.repeatedRuns += ran - runs;
    if (ran < runs || (ran > runs && !options.mayRepeat))
      differences.push(`${place} ran ${ran} times instead of ${runs}`);
    if (ran > runs && !options.mayRepeat) tally.doubled += 1;
  }
  for (const [key, ran] of ledger)
    if (key.startsWith(`${id}|`) && !expected.runs.has(key.slice(id.length + 1)))
      differences.push(`${key} ran ${ran} times and was never asked for`);
  if (differences.length > 0) note(`${id}: ${differences.join('; ')}`, options, tally);
}
