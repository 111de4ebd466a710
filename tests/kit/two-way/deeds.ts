import type { ConflictDocument } from '../../../shared/core/documents/conflict.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Event, Field } from './program.ts';

/** What somebody did to a field, here (`here`) or in a system (its name); `id` is that of the shard or the record. */
export interface Edit {
  readonly place: string;
  readonly id: string;
  readonly field: Field;
  readonly value: Json | undefined;
  /** The record was made with it. */
  readonly made?: true;
  /** It was decided that it stays as it is. */
  readonly stays?: true;
  /** It was decided that it becomes what the other side had, or of somebody who is deleted: whoever decides so keeps nothing alive. */
  readonly follows?: true;
  readonly order: number;
  /** By a clock that is right. */
  readonly atMs: number;
}

/** What people did in the course of a program. */
export class Deeds {
  readonly edits: Edit[] = [];
  /** Records and shards that somebody deleted or restored, by id, with when that was. */
  readonly deleted = new Map<string, number>();
  /** Of a calm program: how many writes each system had of what happened. */
  readonly told: { readonly event: Event; readonly writes: readonly number[] }[] = [];
  /** Shards of which a person said that a record was made for them, or was not. */
  readonly settled = new Set<string>();
  /** Shards that somebody had written again. */
  readonly retried = new Set<string>();
  /** Requests whose answer got lost, and which were refused when they were repeated, though they had been carried out. */
  readonly denied: string[] = [];
  /** What those saw who decided, by conflict and when they did. */
  readonly seen = new Map<string, ConflictDocument['fields']>();
  /** When a shard was given a record that a create of its had met, by its id. */
  readonly met = new Map<string, number>();
  /** Records without versions of which was told what they no longer showed, by id. */
  readonly shownLate = new Set<string>();
  readonly #nowMs: () => number;
  #order = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  edit(edit: Omit<Edit, 'order' | 'atMs'>): void {
    this.#order += 1;
    this.edits.push({ ...edit, order: this.#order, atMs: this.#nowMs() });
  }

  meet(shardId: string): void {
    this.#order += 1;
    this.met.set(shardId, this.#order);
  }

  markDeleted(id: string): void {
    this.#order += 1;
    this.deleted.set(id, this.#order);
  }
}
