import type { Event, Field, Moment, Step } from './program.ts';

export type Random = () => number;

export const second = 1000;
export const hour = 3_600_000;

/** What is chosen once for all steps of a program. */
export interface Circumstances {
  readonly systems: number;
  /** One whose records have no versions, or another one. */
  readonly unversioned: number;
  /** Of which fields most edits are. */
  readonly fields: readonly Field[];
  /** Numbers of values that no two edits have in common. */
  next: number;
}

/** What happens between the same people, one thing after the other, at times with others in between. */
type Scene = (random: Random, about: Circumstances) => readonly (Event | Moved)[];

/** Something that happens at a certain call. */
interface Moved {
  readonly during: Moment;
  readonly event: Event;
}

const scenes: readonly (readonly [number, Scene])[] = [
  [0.1, quarrel],
  [0.06, doubtfulCreate],
  [0.1, lateLook],
  [0.05, changeOfMind],
  [0.04, comeBack],
  [0.03, refusal],
  [0.03, unreadable],
  [0.03, namesakes],
];

/** Several steps that belong together, or none. */
export function someScene(random: Random, about: Circumstances, mostCalls: number): Step[] | undefined {
  let chance = random();
  for (const [share, scene] of scenes) {
    chance -= share;
    if (chance >= 0) continue;
    return scene(random, about).map((each) => {
      const after = afterOf(random, mostCalls);
      return 'during' in each ? { after: 1, ...each } : { after, event: each };
    });
  }
  return undefined;
}

export function afterOf(random: Random, mostCalls: number): number {
  return 1 + Math.floor(random() ** 2 * mostCalls);
}

export function clash(random: Random, about: Circumstances): Event & { kind: 'clash' } {
  const place = {
    shard: Math.floor(random() * 3),
    places: Math.floor(random() * 4),
    field: pick(random, about.fields),
  };
  const apartMs = pick(random, [0, 700, 1500, 5 * second, 60 * second, hour]);
  const edit = { kind: 'clash', ...place, value: clashing(random, about), apartMs } as const;
  return random() < 0.15 ? edit : { ...edit, other: clashing(random, about) };
}

/** A clash that all get to know, and of which people decide, perhaps more than once, or by what they saw of it before. */
function quarrel(random: Random, about: Circumstances): Event[] {
  const first = clash(random, about);
  const events: Event[] = [first, ...someSyncs(random, about)];
  if (random() < 0.7) events.push({ kind: 'feed' });
  if (random() < 0.4) events.push({ kind: 'read' }, aftermath(random, about, first));
  while (random() < 0.6) {
    events.push(random() < 0.7 ? decision(random, about) : { kind: 'undo', conflict: 0 });
    // Perhaps while it is carried out.
    if (random() < 0.25) events.push(aftermath(random, about, first));
  }
  return events;
}

/** Somebody goes on, or gives in. */
function aftermath(
  random: Random,
  about: Circumstances,
  { kind, shard, places, field, ...first }: Event & { kind: 'clash' },
): Event {
  const [value, other] = [clashing(random, about), clashing(random, about)];
  const chance = random();
  if (chance < 0.4)
    return { kind: 'edit-here', shard, field, value: chance < 0.2 ? value : (first.other ?? first.value) };
  if (chance < 0.6) return { kind, shard, places, field, value: first.other ?? value, other: first.other ?? other };
  return { kind, shard, places, field, value, other };
}

/** A decision is carried out, taken back, and made anew; whoever gets no answer asks once more. */
function changeOfMind(random: Random, about: Circumstances): Event[] {
  const insisted = (asked: Event): Event[] =>
    random() < 0.3 ? [{ kind: 'lose-answer', step: 1 + Math.floor(random() * 5) }, asked, { kind: 'again' }] : [asked];
  const events: Event[] = [clash(random, about), ...someSyncs(random, about), { kind: 'feed' }];
  events.push(...insisted(decision(random, about)));
  if (random() < 0.7) events.push({ kind: 'feed' }, { kind: 'deliver', queue: 'push', again: false });
  events.push(...insisted({ kind: 'undo', conflict: 0 }));
  if (random() < 0.5) events.push(...someSyncs(random, about));
  if (random() < 0.6) events.push(decision(random, about));
  return events;
}

/** Somebody new of whom nobody knows whether a system has made a record. */
function doubtfulCreate(random: Random, about: Circumstances): Event[] {
  const system = Math.floor(random() * about.systems);
  const fault = doubtOf(random);
  const made: Event =
    random() < 0.5
      ? { kind: 'create-here', value: nextValue(random, about) }
      : { kind: 'create', system: system + 1, value: nextValue(random, about) };
  const events: Event[] = [{ kind: 'fault', system, fault, of: 'create' }, made];
  if (made.kind === 'create') events.push({ kind: 'sync', system: system + 1, full: false, now: true });
  if (random() < 0.8) events.push({ kind: 'feed' }, { kind: 'deliver', queue: 'push', again: random() < 0.2 });
  if (random() < 0.4) events.push({ kind: 'sync', system, full: random() < 0.5, now: true });
  if (random() < 0.6) events.push({ kind: 'retry', problem: Math.floor(random() * 2) });
  return events;
}

/** Somebody looks at a record before it changes, or just while it is written, and what was seen is told afterwards. */
function lateLook(random: Random, about: Circumstances): (Event | Moved)[] {
  const system = random() < 0.5 ? about.unversioned : Math.floor(random() * about.systems);
  const record = Math.floor(random() * 3);
  const edited = { field: pick(random, about.fields), value: clashing(random, about) };
  const show = { kind: 'show', look: 0, again: random() < 0.2 } as const;
  if (random() < 0.4) {
    const look = { kind: 'look', system, record } as const;
    const sync = { kind: 'sync', system, full: false, now: true } as const;
    return [look, { kind: 'edit', system, record, ...edited }, sync, show];
  }
  // Lanes are worked on in turn: what comes from the first system is written to the second one first.
  const changes: Event[] =
    random() < 0.4
      ? [{ kind: 'edit-here', shard: record, ...edited }]
      : [
          { kind: 'edit', system: 0, record, ...edited },
          { kind: 'sync', system: 0, full: false, now: true },
        ];
  return [
    ...changes,
    { kind: 'feed' },
    { during: 'push', event: { kind: 'look-written' } },
    ...(random() < 0.5 ? [{ kind: 'deliver', queue: 'push', again: false } as const] : []),
    show,
  ];
}

/** Somebody is deleted, and comes back, or is edited by people who do not know yet. */
function comeBack(random: Random, about: Circumstances): Event[] {
  const system = Math.floor(random() * about.systems);
  const record = Math.floor(random() * 3);
  const deletion: Event = random() < 0.5 ? { kind: 'delete', system, record } : { kind: 'delete-here', shard: record };
  const edit = {
    kind: 'edit',
    system: deletion.kind === 'delete' ? system + 1 : system,
    record,
    field: pick(random, about.fields),
    value: clashing(random, about),
  } as const;
  const isEdited = random() < 0.5;
  const events: Event[] = isEdited && random() < 0.5 ? [edit, deletion] : [deletion];
  if (isEdited && events.length === 1) events.push(edit);
  events.push(...someSyncs(random, about));
  if (random() < 0.6) events.push({ kind: 'feed' }, { kind: 'deliver', queue: 'push', again: false });
  if (!isEdited || random() < 0.2) events.push({ kind: 'restore', system, record: 0 }, ...someSyncs(random, about));
  return events;
}

/** A system refuses somebody as they are, who then changes, here or there. */
function refusal(random: Random, about: Circumstances): Event[] {
  const system = Math.floor(random() * about.systems);
  const record = Math.floor(random() * 3);
  const edit = () => ({ field: pick(random, about.fields), value: clashing(random, about) });
  const events: Event[] = [
    { kind: 'fault', system, fault: random() < 0.6 ? 'rejected' : 'moved-on' },
    { kind: 'edit-here', shard: record, ...edit() },
    { kind: 'feed' },
    { kind: 'deliver', queue: 'push', again: false },
  ];
  if (random() < 0.5) events.push({ kind: 'edit-here', shard: record, ...edit() });
  else events.push({ kind: 'edit', system, record, ...edit() }, { kind: 'sync', system, full: false, now: true });
  return events;
}

/** Two people with one address, which some systems have only once; one may be given another, or a system does not say whether it made a record. */
function namesakes(random: Random, about: Circumstances): Event[] {
  // Each of the first two values of an address is the other one, but for how it is written, and so is each of the next two.
  const first = Math.floor(random() * 4);
  const second = random() < 0.5 ? first : first ^ 1;
  const events: Event[] = [];
  for (const value of [first, second]) {
    const system = Math.floor(random() * about.systems);
    if (random() < 0.3) events.push({ kind: 'fault', system: system + 1, fault: doubtOf(random), of: 'create' });
    events.push(random() < 0.4 ? { kind: 'create-here', value } : { kind: 'create', system, value });
    if (random() < 0.6) events.push(...someSyncs(random, about), { kind: 'feed' });
  }
  if (random() < 0.5) events.push({ kind: 'deliver', queue: 'push', again: false });
  const shard = Math.floor(random() * 5);
  if (random() < 0.5) events.push({ kind: 'edit-here', shard, field: 'email', value: clashing(random, about) });
  if (random() < 0.5) events.push({ kind: 'retry', problem: Math.floor(random() * 2) });
  return events;
}

function doubtOf(random: Random): 'unknown-done' | 'unknown-not-done' {
  return random() < 0.7 ? 'unknown-done' : 'unknown-not-done';
}

/** Of a record something cannot be read while it is to be written, or while its people go on. */
function unreadable(random: Random, about: Circumstances): Event[] {
  const system = Math.floor(random() * about.systems);
  const record = Math.floor(random() * 3);
  const edit = () => ({ field: pick(random, about.fields), value: clashing(random, about) });
  const events: Event[] = [{ kind: 'garble', system, record }];
  if (random() < 0.5) events.push({ kind: 'edit', system, record, ...edit() });
  events.push({ kind: 'edit-here', shard: record, ...edit() }, { kind: 'feed' });
  if (random() < 0.7) events.push({ kind: 'deliver', queue: 'push', again: false });
  if (random() < 0.5) events.push(...someSyncs(random, about));
  if (random() < 0.7) events.push({ kind: 'mend', system, record: 0 }, ...someSyncs(random, about));
  return events;
}

function someSyncs(random: Random, about: Circumstances): Event[] {
  const events: Event[] = [];
  for (let system = 0; system < about.systems; system += 1) {
    if (random() < 0.8) events.push({ kind: 'sync', system, full: random() < 0.3, now: true });
  }
  return events;
}

export function decision(random: Random, about: Circumstances): Event {
  const [conflict, choice] = [Math.floor(random() * 3), Math.floor(random() * 3)];
  return { kind: 'decide', conflict, choice, value: nextValue(random, about), rule: random() < 0.15 };
}

/** Mostly a value that nobody else has. */
export function clashing(random: Random, about: Circumstances): number {
  if (random() < 0.3) return nextValue(random, about);
  about.next += 1;
  return about.next;
}

export function nextValue(random: Random, about: Circumstances): number {
  if (random() < 0.55) return Math.floor(random() * 6);
  about.next += 1;
  return about.next;
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}
