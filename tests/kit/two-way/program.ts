import type { ConflictPolicy } from '../../../shared/contracts/conflict-policy.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Traits, WriteFault } from './system-traits.ts';

/** The fields of people that are read and written everywhere. */
export const fields = ['name', 'email', 'phone', 'city', 'emails'] as const;
export type Field = (typeof fields)[number];

export type SystemKind = 'exact' | 'rough' | 'plain';

/** A call of a port: of a system, or of a store. */
export type Moment = 'pull' | 'push' | 'fetch' | 'shards' | 'conflicts' | 'lane';

/** What happens, by the call of a port before which it happens. */
export interface Step {
  readonly after: number;
  /** Not before a call of this kind, unless there is none for long. */
  readonly during?: Moment;
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
  | { readonly kind: 'create-here'; readonly value: number }
  | { readonly kind: 'edit-here'; readonly shard: number; readonly field: Field; readonly value: number }
  | { readonly kind: 'delete-here'; readonly shard: number }
  /** Somebody changes or deletes, here or there, a shard of which something is being written. */
  | {
      readonly kind: 'disturb';
      readonly how: 'edit' | 'delete' | 'edit-here' | 'delete-here';
      readonly field: Field;
      readonly value: number;
    }
  /** One person is edited at two places at once, or edited at one and deleted at the other. */
  | {
      readonly kind: 'clash';
      readonly shard: number;
      readonly places: number;
      readonly field: Field;
      readonly value: number;
      /** Not given where the second place deletes it. */
      readonly other?: number;
      /** How much later the second place does so. */
      readonly apartMs?: number;
    }
  /** People read what waits for them, and decide by that later. */
  | { readonly kind: 'read' }
  /** A person decides a conflict that waits, one field after the other by the number, or takes a decision back. */
  | {
      readonly kind: 'decide';
      readonly conflict: number;
      readonly choice: number;
      readonly value: number;
      readonly rule: boolean;
    }
  | { readonly kind: 'decide-alike'; readonly conflict: number; readonly choice: number; readonly rule: boolean }
  | { readonly kind: 'undo'; readonly conflict: number }
  /** Of a write that was refused, or may have happened, a person has it tried again, or says what is true. */
  | { readonly kind: 'retry'; readonly problem: number }
  /** The last request that got no answer is sent once more. */
  | { readonly kind: 'again' }
  | { readonly kind: 'sync'; readonly system: number; readonly full: boolean; readonly now: boolean }
  /** Somebody looks at a record now, and what was seen is applied later, perhaps twice, or in another order. */
  | { readonly kind: 'look'; readonly system: number; readonly record: number }
  /** The same with one that is just being written. */
  | { readonly kind: 'look-written' }
  | { readonly kind: 'show'; readonly look: number; readonly again: boolean }
  | { readonly kind: 'feed' | 'clock' }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'deliver'; readonly queue: 'sync' | 'push'; readonly again: boolean }
  | { readonly kind: 'crash'; readonly step: number; readonly moment: 'before' | 'after' }
  | { readonly kind: 'lose-answer'; readonly step: number }
  /** People write something in a record that cannot be read by anybody else, or take that back. */
  | { readonly kind: 'garble' | 'mend'; readonly system: number; readonly record: number }
  | { readonly kind: 'fault'; readonly system: number; readonly fault: WriteFault; readonly of?: 'create' };

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
  /** What is decided an hour after a conflict came up; nothing unless given. */
  readonly onDeadline?: 'internal_wins' | 'external_wins';
  /** How far the clocks of the hosts are ahead, which take turns; all are right unless given. */
  readonly hostsAheadMs?: readonly number[];
  /** People that are there, and the same everywhere, before anything happens. */
  readonly people: number;
  /** Everything comes to rest before the next thing happens. */
  readonly calm: boolean;
  /** In the end all decisions that can be taken back are, and made anew. */
  readonly wavers?: boolean;
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

export function pathOf(field: string): string {
  return field === 'city' ? 'address.city' : field;
}

export function fieldOf(path: string): Field | undefined {
  return fields.find((field) => pathOf(field) === path);
}
