import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from '@azure/cosmos';
import { type Body, Model, type Operation } from './cosmos-model.ts';
import { type CosmosProcess, startCosmosProcess } from './cosmos-server.ts';
import * as steps from './cosmos-steps.ts';

export interface CosmosChaosResult {
  readonly seed: number;
  /** Steps compared with the model: operations, batches, bulk requests, queries, reads of the change feed. */
  readonly steps: number;
  readonly kills: number;
  /** Kills while a batch was under way, by what had become of it. */
  readonly inFlight: { readonly applied: number; readonly notApplied: number };
  /** What the store did otherwise than the model; null when nothing. */
  readonly mismatch: string | null;
}

export interface CosmosChaosOptions {
  readonly stepsBetween?: number;
  /** Reads lag, and the client sees through its session what it has written. */
  readonly inSession?: boolean;
}

interface Run {
  readonly inSession: boolean;
  readonly random: () => number;
  readonly dataDir: string;
  server: CosmosProcess;
  model: Model;
  readonly readers: steps.FeedReader[];
  readonly inFlight: { applied: number; notApplied: number };
}

const partitions = ['a', 'b', 'c'];

/**
 * Random programs of item operations, batches, bulk requests, queries and change-feed reads against a store that is
 * killed with SIGKILL in between and in the middle, each answer compared with that of a model in memory.
 */
export async function killCosmos(
  kills: number,
  seed: number,
  say: (message: string) => void,
  { stepsBetween = 100, inSession = false }: CosmosChaosOptions = {},
): Promise<CosmosChaosResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cosmos-chaos-'));
  const readers: steps.FeedReader[] = [
    { token: undefined, seen: [] },
    { token: undefined, seen: [] },
  ];
  const server = await startCosmosProcess(dataDir, inSession);
  const run: Run = {
    inSession,
    random: seededRandom(seed),
    dataDir,
    server,
    model: new Model(),
    readers,
    inFlight: { applied: 0, notApplied: 0 },
  };
  let done = 0;
  let killed = 0;
  let mismatch: string | null = null;
  try {
    for (; killed < kills; killed += 1) {
      for (let step = 0; step < stepsBetween; step += 1, done += 1) await takeStep(run);
      await (killed % 2 === 0 ? killBetween(run) : killInFlight(run));
      await steps.checkAll(run.server.container, run.model);
      for (const reader of readers) await steps.checkFeed(run.server.container, run.model, reader);
      say(`kill ${killed + 1}: ${done} steps, ${run.model.documents().length} documents as they should be`);
    }
  } catch (error) {
    if (!(error instanceof steps.Mismatch)) throw error;
    mismatch = `step ${done}: ${error.message}`;
  } finally {
    await run.server.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
  return { seed, steps: done, kills: killed, inFlight: run.inFlight, mismatch };
}

async function takeStep(run: Run): Promise<void> {
  const { random, model, readers } = run;
  const { container } = run.server;
  const choice = random();
  if (choice < 0.6) return steps.checkOne(container, model, anyOperation(random, anyOf(random, partitions)));
  if (choice < 0.75) {
    const pk = anyOf(random, partitions);
    return steps.checkBatch(
      container,
      model,
      pk,
      anyOperations(random, () => pk),
    );
  }
  if (choice < 0.85)
    return steps.checkBulk(
      container,
      model,
      anyOperations(random, () => anyOf(random, partitions)),
    );
  if (choice < 0.95) {
    const pk = random() < 0.5 ? undefined : anyOf(random, partitions);
    return steps.checkQuery(container, model, pk, Math.floor(random() * 20), 1 + Math.floor(random() * 20));
  }
  return steps.checkFeed(container, model, anyOf(random, readers));
}

/** Everything was acknowledged: all of it must be there afterwards. */
async function killBetween(run: Run): Promise<void> {
  await run.server.end('SIGKILL');
  run.server = await startCosmosProcess(run.dataDir, run.inSession);
}

/** A batch is under way: afterwards all of it is there, or nothing. */
async function killInFlight(run: Run): Promise<void> {
  const pk = anyOf(run.random, partitions);
  const operations = Array.from({ length: 20 }, (): Operation => ({ kind: 'Upsert', body: anyBody(run.random, pk) }));
  const applied = run.model.copy();
  applied.applyBatch(operations);
  const sent = steps.sendBatch(run.server.container, pk, operations).then(
    () => true,
    () => false,
  );
  await new Promise((resolve) => setTimeout(resolve, run.random() * 8));
  await run.server.end('SIGKILL');
  const acknowledged = await sent;
  run.server = await startCosmosProcess(run.dataDir, run.inSession);
  const isApplied = acknowledged || (await holds(run.server.container, applied));
  if (isApplied) run.model = applied;
  run.inFlight[isApplied ? 'applied' : 'notApplied'] += 1;
}

async function holds(container: Container, model: Model): Promise<boolean> {
  try {
    await steps.checkAll(container, model);
    return true;
  } catch (error) {
    if (error instanceof steps.Mismatch) return false;
    throw error;
  }
}

function anyOf<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new RangeError('There is nothing to choose from');
  return choice;
}

function anyBody(random: () => number, pk: string): Body {
  const tags = random() < 0.5 ? [] : [`t${Math.floor(random() * 3)}`];
  return { id: `d${Math.floor(random() * 12)}`, pk, n: Math.floor(random() * 30), tags };
}

function anyOperation(random: () => number, pk: string): Operation {
  const kind = anyOf(random, [
    'Create',
    'Upsert',
    'Upsert',
    'Replace',
    'Read',
    'Delete',
    'Patch',
    'ConditionalPatch',
  ] as const);
  const body = anyBody(random, pk);
  if (kind === 'Create' || kind === 'Upsert' || kind === 'Replace') return { kind, body };
  const place = { id: body.id, pk };
  if (kind === 'Patch')
    return { kind, ...place, by: Math.floor(random() * 9) - 4, tag: `t${Math.floor(random() * 3)}` };
  return kind === 'ConditionalPatch' ? { kind, ...place, below: body.n } : { kind, ...place };
}

function anyOperations(random: () => number, choosePk: () => string): Operation[] {
  return Array.from({ length: 1 + Math.floor(random() * 6) }, () => anyOperation(random, choosePk()));
}

/** Uniform in [0, 1); the same sequence for the same seed (xorshift). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
