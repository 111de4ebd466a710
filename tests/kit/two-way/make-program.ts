import {
  afterOf,
  type Circumstances,
  clash,
  decision,
  hour,
  nextValue,
  pick,
  type Random,
  second,
  someScene,
} from './make-scenes.ts';
import {
  type Event,
  fields,
  type Moment,
  type Part,
  type Program,
  type Step,
  type SystemKind,
  wholePart,
} from './program.ts';
import type { Traits } from './system-traits.ts';

const policies = ['external_wins', 'internal_wins', 'newest', 'newest', 'merge', 'manual', 'manual'] as const;
const writeFaults = [
  'unknown-done',
  'unknown-done',
  'unknown-not-done',
  'rejected',
  'moved-on',
  'rate-limited',
  'unavailable',
  'untold',
] as const;
const moments: readonly Moment[] = ['pull', 'push', 'push', 'fetch', 'shards', 'shards', 'conflicts', 'lane'];

/** One program for each seed. */
export function programOf(random: Random): Program {
  const kinds: SystemKind[] = ['exact', random() < 0.5 ? 'rough' : 'plain'];
  if (random() < 0.4) kinds.push(kinds.includes('rough') ? 'plain' : 'rough');
  const isWhole = random() < 0.8;
  const systems = kinds.map((kind, index) => ({
    kind,
    traits: traitsOf(random, kind),
    part: isWhole || index === 0 ? wholePart : partOf(random),
  }));
  const calm = random() < 0.25;
  const length = 1 + Math.floor(random() * (calm ? 8 : 24));
  // In some, much happens within a few calls.
  const mostCalls = pick(random, [6, 20, 60]);
  const about: Circumstances = {
    systems: kinds.length,
    unversioned: Math.max(0, kinds.indexOf('plain')),
    fields: random() < 0.5 ? fields : [pick(random, fields), pick(random, fields)],
    next: 6,
  };
  const hostsAheadMs = pick(random, [[0], [0], [0, 1500, -700], [-3 * second, 0, 2 * second], [0, 40 * second, 0]]);
  return {
    systems,
    policy: pick(random, policies),
    fields: random() < 0.3 ? { [pick(random, fields)]: pick(random, policies) } : {},
    ...(random() < 0.12 ? { onDeadline: pick(random, ['internal_wins', 'external_wins'] as const) } : {}),
    ...(hostsAheadMs.length > 1 ? { hostsAheadMs } : {}),
    people: pick(random, [0, 1, 1, 2, 2, 3]),
    matched: random() < 0.15,
    calm,
    ...(random() < 0.15 ? { wavers: true } : {}),
    steps: stepsOf(random, about, length, calm ? undefined : mostCalls),
  };
}

/** @param mostCalls between two steps; not given where everything comes to rest between them */
function stepsOf(random: Random, about: Circumstances, length: number, mostCalls: number | undefined): Step[] {
  const steps: Step[] = [];
  while (steps.length < length) {
    if (mostCalls === undefined) steps.push({ after: 1, event: calmly(random, about) });
    else steps.push(...someSteps(random, about, mostCalls));
  }
  return steps;
}

function calmly(random: Random, about: Circumstances): Event {
  const chance = random();
  if (chance < 0.4) return clash(random, about);
  return chance < 0.6 ? peopleDecide(random, about) : peopleDo(random, about);
}

function someSteps(random: Random, about: Circumstances, mostCalls: number): Step[] {
  const scene = someScene(random, about, mostCalls);
  if (scene !== undefined) return scene;
  const step = { after: afterOf(random, mostCalls), event: anything(random, about) };
  if (step.event.kind === 'disturb' && random() < 0.6) return [{ ...step, during: 'push' }];
  return [random() < 0.15 ? { ...step, during: pick(random, moments) } : step];
}

function traitsOf(random: Random, kind: SystemKind): Traits {
  const clockAheadMs = pick(random, [0, 0, 0, 0, 800, -2 * second, 90 * second, hour, 30 * hour, -5 * hour]);
  const stamps = pick(random, ['right', 'right', 'right', 'wild', 'none'] as const);
  const create = pick(random, [
    { idempotentCreate: true, findsCreated: false },
    { idempotentCreate: false, findsCreated: true },
    { idempotentCreate: false, findsCreated: false },
  ]);
  if (kind === 'plain') {
    const fetches = random() < 0.6;
    const tells = random() < 0.5;
    const plain = { versioned: false, optimistic: false, fetches, tells, rough: false, clockAheadMs, ...create };
    return { ...plain, ...rareTraits(random, create) };
  }
  const shared = { versioned: true, fetches: true, clockAheadMs, stamps, ...create };
  const versioned = { ...shared, optimistic: random() < 0.8, tells: random() < 0.8, rough: kind === 'rough' };
  return { ...versioned, ...rareTraits(random, create) };
}

function rareTraits(
  random: Random,
  { idempotentCreate, findsCreated }: Pick<Traits, 'idempotentCreate' | 'findsCreated'>,
): Partial<Traits> {
  return {
    ...(idempotentCreate && random() < 0.15 ? { keyHoldsMs: pick(random, [150 * second, 600 * second]) } : {}),
    ...(findsCreated && random() < 0.2 ? { findsAlike: true } : {}),
    ...(random() < 0.07 ? { unique: true, ...(random() < 0.4 ? { hidesOther: true } : {}) } : {}),
    ...(random() < 0.07 ? { showsBin: true } : {}),
  };
}

function partOf(random: Random): Part {
  return {
    direction: pick(random, ['bidirectional', 'pull', 'push'] as const),
    creates: random() < 0.7,
    deletions: random() < 0.7 ? 'mirror' : 'ignore',
  };
}

function peopleDo(random: Random, about: Circumstances): Event {
  const chance = random();
  const system = Math.floor(random() * about.systems);
  const record = Math.floor(random() * 3);
  if (chance < 0.1) return { kind: 'create', system, value: nextValue(random, about) };
  if (chance < 0.13) return { kind: 'create-here', value: nextValue(random, about) };
  if (chance < 0.19) return { kind: 'delete', system, record };
  if (chance < 0.23) return { kind: 'restore', system, record };
  if (chance < 0.26) return { kind: 'touch', system, record };
  const field = pick(random, about.fields);
  const value = nextValue(random, about);
  if (chance < 0.49) return { kind: 'edit-here', shard: record, field, value };
  if (chance < 0.52) return { kind: 'delete-here', shard: record };
  return { kind: 'edit', system, record, field, value };
}

/** People who decide what others cannot. */
function peopleDecide(random: Random, about: Circumstances): Event {
  const chance = random();
  const conflict = Math.floor(random() * 3);
  if (chance < 0.45) return decision(random, about);
  const rule = random() < 0.15;
  if (chance < 0.53) return { kind: 'decide-alike', conflict, choice: Math.floor(random() * 2), rule };
  if (chance < 0.75) return { kind: 'undo', conflict };
  return chance < 0.95 ? { kind: 'retry', problem: conflict } : { kind: 'again' };
}

function anything(random: Random, about: Circumstances): Event {
  const chance = random();
  const system = Math.floor(random() * about.systems);
  if (chance < 0.38) return peopleDo(random, about);
  if (chance < 0.46) return peopleDecide(random, about);
  if (chance < 0.58) return { kind: 'sync', system, full: random() < 0.3, now: random() < 0.5 };
  if (chance < 0.63) return { kind: 'feed' };
  if (chance < 0.66) return { kind: 'clock' };
  if (chance < 0.7) return { kind: 'look', system, record: Math.floor(random() * 3) };
  if (chance < 0.75) return { kind: 'show', look: Math.floor(random() * 3), again: random() < 0.3 };
  if (chance < 0.8) {
    return { kind: 'sleep', ms: pick(random, [1, 500, second, 5 * second, 5 * second, 40 * second, 120 * second]) };
  }
  if (chance < 0.85) {
    return { kind: 'deliver', queue: pick(random, ['sync', 'push', 'push'] as const), again: random() < 0.4 };
  }
  return mishap(random, about, system);
}

function mishap(random: Random, about: Circumstances, system: number): Event {
  const chance = random();
  const step = 1 + Math.floor(random() * 8);
  if (chance < 0.2) {
    const how = pick(random, ['edit', 'delete', 'edit-here', 'delete-here'] as const);
    return { kind: 'disturb', how, field: pick(random, about.fields), value: nextValue(random, about) };
  }
  if (chance < 0.26) return { kind: random() < 0.6 ? 'garble' : 'mend', system, record: Math.floor(random() * 3) };
  if (chance < 0.52) return { kind: 'crash', step, moment: pick(random, ['before', 'after'] as const) };
  if (chance < 0.63) return { kind: 'lose-answer', step };
  return { kind: 'fault', system, fault: pick(random, writeFaults) };
}
