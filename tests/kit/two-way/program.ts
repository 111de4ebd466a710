import type { ConflictPolicy } from '../../../shared/contracts/conflict-policy.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Traits, WriteFault } from './fake-system.ts';

/** The fields of people that are read and written everywhere. */
export const fields = ['name', 'email', 'phone', 'city', 'emails'] as const;
export type Field = (typeof fields)[number];

export type SystemKind = 'exact' | 'rough' | 'plain';

/** What happens, by the call of a port before which it happens. */
export interface Step {
  readonly after: number;
  readonly event: Event;
}

export type Event =
  | {
      readonly kind: 'edit';
      readonly system: number;
      readonly record: number;
      readonly field: Field;
      readonly value: number;
    }
  | { readonly kind: 'create'; readonly system: number; readonly value: number }
  | { readonly kind: 'delete' | 'restore' | 'touch'; readonly system: number; readonly record: number }
  | { readonly kind: 'edit-here'; readonly shard: number; readonly field: Field; readonly value: number }
  | { readonly kind: 'delete-here'; readonly shard: number }
  | { readonly kind: 'sync'; readonly system: number; readonly full: boolean; readonly now: boolean }
  /** Somebody looks at a record now, and what was seen is applied later, perhaps twice, or in another order. */
  | { readonly kind: 'look'; readonly system: number; readonly record: number }
  | { readonly kind: 'show'; readonly look: number; readonly again: boolean }
  | { readonly kind: 'feed' | 'clock' }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'deliver'; readonly queue: 'sync' | 'push'; readonly again: boolean }
  | { readonly kind: 'crash'; readonly step: number; readonly moment: 'before' | 'after' }
  | { readonly kind: 'lose-answer'; readonly step: number }
  | { readonly kind: 'fault'; readonly system: number; readonly fault: WriteFault };

/** How a system takes part: both ways and whole, unless it says otherwise. */
export interface Part {
  readonly direction: 'bidirectional' | 'pull' | 'push';
  readonly creates: boolean;
  readonly deletions: 'mirror' | 'ignore';
}

export const wholePart: Part = { direction: 'bidirectional', creates: true, deletions: 'mirror' };

export interface Program {
  readonly systems: readonly { readonly kind: SystemKind; readonly traits: Traits; readonly part: Part }[];
  /** People with the same address are one. */
  readonly matched: boolean;
  readonly policy: ConflictPolicy;
  readonly fields: Readonly<Partial<Record<Field, ConflictPolicy>>>;
  /** People that are there, and the same everywhere, before anything happens. */
  readonly people: number;
  /** Everything comes to rest before the next thing happens. */
  readonly calm: boolean;
  readonly steps: readonly Step[];
}

const texts: Readonly<Record<Field, readonly Json[]>> = {
  name: ['Ada', ' Ada', 'Bob', 'Bob  Ross', ''],
  email: ['Ada@Example.org', 'ada@example.org', 'bob@example.org', ' bob@example.org '],
  phone: ['040 123 456', '+386 40 123 456', '040123456', '(01) 555-0000'],
  city: ['Ptuj', 'Ptuj ', 'Maribor', 'Žalec'],
  emails: [['a@x.org'], ['a@x.org', 'B@x.org'], ['b@x.org'], []],
};

/** A value of a field by its number: the first few come again and again, later ones only once. */
export function valueOfField(field: Field, value: number): Json | undefined {
  const known = texts[field];
  if (value === known.length) return undefined;
  if (value < known.length) return known[value];
  const one = `${field} ${value}`;
  if (field === 'emails') return [`n${value}@x.org`, 'a@x.org'];
  if (field === 'email') return `N${value}@x.org`;
  return field === 'phone' ? `+386 41 ${100_000 + value}` : one;
}

/** Whether a value may be what the field has had before: to go back to that is no change. */
export function comesAgain(field: Field, value: Json | undefined): boolean {
  return value === undefined || texts[field].some((known) => sameValue(known, value));
}

type Random = () => number;

const policies = ['external_wins', 'internal_wins', 'newest', 'merge', 'manual'] as const;
const writeFaults = ['unknown-done', 'unknown-not-done', 'rejected', 'rate-limited', 'unavailable', 'untold'] as const;

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
  const calm = random() < 0.3;
  const length = 1 + Math.floor(random() * (calm ? 8 : 22));
  // In some, much happens within a few calls.
  const mostCalls = pick(random, [6, 20, 60]);
  const numbers = { value: 5 };
  return {
    systems,
    policy: pick(random, policies),
    fields: random() < 0.3 ? { [pick(random, fields)]: pick(random, policies) } : {},
    people: Math.floor(random() * 3),
    matched: random() < 0.2,
    calm,
    steps: Array.from({ length }, () => ({
      after: calm ? 1 : 1 + Math.floor(random() ** 2 * mostCalls),
      event: calm ? peopleDo(random, kinds.length, numbers) : anything(random, kinds.length, numbers),
    })),
  };
}

function traitsOf(random: Random, kind: SystemKind): Traits {
  const clockAheadMs = pick(random, [0, 0, 0, 800, -2000, 90_000, 3_600_000]);
  const create = pick(random, [
    { idempotentCreate: true, findsCreated: false },
    { idempotentCreate: false, findsCreated: true },
    { idempotentCreate: false, findsCreated: false },
  ]);
  if (kind === 'plain') {
    const fetches = random() < 0.6;
    return {
      versioned: false,
      optimistic: false,
      fetches,
      tells: random() < 0.5,
      rough: false,
      clockAheadMs,
      ...create,
    };
  }
  const shared = { versioned: true, fetches: true, clockAheadMs, ...create };
  return { ...shared, optimistic: random() < 0.8, tells: random() < 0.8, rough: kind === 'rough' };
}

function partOf(random: Random): Part {
  return {
    direction: pick(random, ['bidirectional', 'pull', 'push'] as const),
    creates: random() < 0.7,
    deletions: random() < 0.7 ? 'mirror' : 'ignore',
  };
}

function peopleDo(random: Random, systems: number, numbers: { value: number }): Event {
  const chance = random();
  const system = Math.floor(random() * systems);
  const record = Math.floor(random() * 3);
  if (chance < 0.12) return { kind: 'create', system, value: nextValue(random, numbers) };
  if (chance < 0.18) return { kind: 'delete', system, record };
  if (chance < 0.22) return { kind: 'restore', system, record };
  if (chance < 0.26) return { kind: 'touch', system, record };
  const field = pick(random, fields);
  const value = nextValue(random, numbers);
  if (chance < 0.46) return { kind: 'edit-here', shard: record, field, value };
  if (chance < 0.49) return { kind: 'delete-here', shard: record };
  return { kind: 'edit', system, record, field, value };
}

function nextValue(random: Random, numbers: { value: number }): number {
  if (random() < 0.65) return Math.floor(random() * 6);
  numbers.value += 1;
  return numbers.value + 1;
}

function anything(random: Random, systems: number, numbers: { value: number }): Event {
  const chance = random();
  const system = Math.floor(random() * systems);
  if (chance < 0.42) return peopleDo(random, systems, numbers);
  if (chance < 0.56) return { kind: 'sync', system, full: random() < 0.3, now: random() < 0.5 };
  if (chance < 0.61) return { kind: 'feed' };
  if (chance < 0.64) return { kind: 'clock' };
  if (chance < 0.7) return { kind: 'look', system, record: Math.floor(random() * 3) };
  if (chance < 0.76) return { kind: 'show', look: Math.floor(random() * 3), again: random() < 0.3 };
  if (chance < 0.8) return { kind: 'sleep', ms: pick(random, [1, 500, 1000, 5000, 40_000, 120_000]) };
  if (chance < 0.86) {
    return { kind: 'deliver', queue: pick(random, ['sync', 'push', 'push'] as const), again: random() < 0.4 };
  }
  const step = 1 + Math.floor(random() * 8);
  if (chance < 0.91) return { kind: 'crash', step, moment: pick(random, ['before', 'after'] as const) };
  if (chance < 0.93) return { kind: 'lose-answer', step };
  return { kind: 'fault', system, fault: pick(random, writeFaults) };
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** The smallest program to be found that still fails: without steps that it does not take, and without delays. */
export async function shrink(program: Program, fails: (smaller: Program) => Promise<boolean>): Promise<Program> {
  let best = program;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < best.steps.length; ) {
      const smaller = { ...best, steps: best.steps.filter((_, index) => index < start || index >= start + size) };
      if (await fails(smaller)) best = smaller;
      else start += size;
    }
  }
  for (const change of [
    { people: 0 },
    { people: 1 },
    { fields: {} },
    { matched: false },
    { systems: best.systems.slice(0, 2) },
  ]) {
    const simpler = { ...best, ...change };
    if (simpler.people <= best.people && (await fails(simpler))) best = simpler;
  }
  for (const index of best.steps.keys()) {
    const steps = best.steps.map((step, each) => (each === index ? { ...step, after: 1 } : step));
    if (best.steps[index]?.after !== 1 && (await fails({ ...best, steps }))) best = { ...best, steps };
  }
  return best;
}
