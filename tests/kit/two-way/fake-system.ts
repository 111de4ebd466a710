import { z } from 'zod';
import { type Adapter, AdapterFailure, type ExternalChange, type PullRequest } from '../../../shared/core/adapter.ts';
import type { FetchedRecord, FoundRecord, PushOperation, PushOutcome } from '../../../shared/core/adapter-writes.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import { copyJson, type Json, type JsonObject } from '../../../shared/core/json.ts';
import type { Faults } from '../faults.ts';
import { normalise } from './normalise.ts';
import { findByAddress, foldAddress, showRecord } from './show-record.ts';
import type { SystemRecord, WriteSeen } from './system-record.ts';
import type { Traits, WriteFault } from './system-traits.ts';

export const findableAfterMs = 5000;

/** A system with people and an engine that both write to it, in memory. */
export class FakeSystem {
  readonly name: string;
  readonly traits: Traits;
  readonly records = new Map<string, SystemRecord>();
  readonly writes: WriteSeen[] = [];
  /** What goes wrong with the next writes, of one kind only where that is said. */
  readonly nextFaults: { readonly fault: WriteFault; readonly of?: PushOperation['kind'] | undefined }[] = [];
  readonly #now: () => number;
  readonly #faults: Faults;
  #made = 0;

  constructor(name: string, traits: Traits, now: () => number, faults: Faults) {
    this.name = name;
    this.traits = traits;
    this.#now = now;
    this.#faults = faults;
  }

  live(): SystemRecord[] {
    return [...this.records.values()].filter(({ deleted }) => !deleted);
  }

  /** Its people make a record. */
  create(fields: JsonObject, key?: string): SystemRecord {
    this.#made += 1;
    const id = `${this.name}${String(this.#made).padStart(3, '0')}`;
    const record: SystemRecord = {
      id,
      fields: this.#kept(fields),
      modifiedAtMs: this.#clock(),
      revision: 1,
      deleted: false,
      key,
      createdAtMs: this.#now(),
      ours: new Set(key === undefined ? [] : Object.keys(fields)),
      writtenAtMs: key === undefined ? 0 : this.#now(),
      unread: new Set(),
      isFetched: false,
    };
    this.records.set(id, record);
    return record;
  }

  /** Whether its people, or whoever writes to it, are told that another record has the address. */
  refuses({ email }: JsonObject, own?: SystemRecord): boolean {
    return this.traits.unique === true && this.#findSame(email, own) !== undefined;
  }

  #findSame(email: Json | undefined, own?: SystemRecord): SystemRecord | undefined {
    const wanted = foldAddress(email);
    const isSame = ({ fields }: SystemRecord) => wanted !== undefined && foldAddress(fields['email']) === wanted;
    return [...this.records.values()].find((each) => each !== own && isSame(each));
  }

  /** What was created by a key is made anew when it is sent again. */
  forgetKeys(): void {
    for (const record of this.records.values()) record.key = undefined;
  }

  /** Its people change a field. */
  edit(record: SystemRecord, field: string, value: Json | undefined): void {
    this.#change(record, { ...record.fields, [field]: value ?? null });
    record.unread.add(field);
    record.ours.delete(field);
  }

  /** A change that no mapping reads. */
  touch(record: SystemRecord): void {
    this.#change(record, record.fields);
  }

  /** Its people delete a record, or take it out of the bin. */
  mark(record: SystemRecord, deleted: boolean): void {
    this.#change(record, record.fields);
    record.deleted = deleted;
  }

  #change(record: SystemRecord, fields: JsonObject): void {
    record.fields = this.#kept(fields);
    record.modifiedAtMs = this.#clock();
    record.revision += 1;
  }

  #kept(fields: JsonObject): JsonObject {
    const kept = Object.entries(copyJson(fields)).filter(([, value]) => value !== null);
    return Object.fromEntries(
      kept.map(([field, value]) => [field, this.traits.rough ? normalise(field, value) : value]),
    );
  }

  #clock(): number {
    const at = this.#now() + this.traits.clockAheadMs;
    return this.traits.rough ? Math.floor(at / 1000) * 1000 : at;
  }

  readonly adapter = (): Adapter => ({
    id: this.name,
    label: this.name,
    description: 'A system in memory',
    settings: z.unknown(),
    auth: ['none'],
    requestsPerMinute: 100_000,
    baseUrl: () => 'https://fake.example',
    authorisation: () => ({ kind: 'none' }),
    objects: () => [
      {
        name: 'people',
        incremental: this.traits.versioned,
        maxPageSize: 100,
        fetches: this.traits.fetches,
        writes: {
          create: true,
          update: true,
          delete: true,
          batchSize: 3,
          optimistic: this.traits.optimistic,
          idempotentCreate: this.traits.idempotentCreate,
          keyHoldsMs: this.traits.keyHoldsMs,
          findsCreated: this.traits.findsCreated ? { afterMs: findableAfterMs } : undefined,
        },
      },
    ],
    check: async () => undefined,
    pull: async (_call, request) => this.#pull(request),
    push: async (_call, { operations }) => this.#push(operations),
    fetch: async (_call, { externalIds }) => this.#fetch(externalIds),
    findCreated: async (_call, { creates }) => this.#findCreated(creates),
  });

  async #pull({ since, cursor = '', pageSize }: PullRequest) {
    await this.#faults.enter(this.name, 'pull', 1);
    const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
    const rest = [...this.records.values()].filter(({ id, modifiedAtMs }) => modifiedAtMs >= from && id > cursor);
    const page = rest.slice(0, pageSize);
    const next = page.at(-1)?.id;
    const done = page.length === rest.length;
    return {
      changes: page.map((record) => this.show(record)),
      rejected: [],
      done,
      ...(done || next === undefined ? {} : { next }),
      observedAt: new Date(this.#now() + this.traits.clockAheadMs).toISOString(),
    };
  }

  async #fetch(externalIds: readonly string[]): Promise<FetchedRecord[]> {
    await this.#faults.enter(this.name, 'fetch', externalIds.length);
    return externalIds.map((id) => {
      const record = this.records.get(id);
      if (record === undefined || (record.deleted && this.traits.showsBin !== true)) return { kind: 'missing' };
      if (record.isUnreadable === true) return { kind: 'rejected', reason: 'It has no time of modification.' };
      record.unread.clear();
      record.isFetched = true;
      return { kind: 'change', change: this.show(record) };
    });
  }

  async #findCreated(
    creates: readonly { readonly idempotencyKey: string; readonly record: JsonObject }[],
  ): Promise<FoundRecord[]> {
    await this.#faults.enter(this.name, 'findCreated', creates.length);
    const findable = this.live().filter(({ createdAtMs }) => this.#now() >= createdAtMs + findableAfterMs);
    return creates.map(({ idempotencyKey, record: sent }) => {
      if (this.traits.findsAlike === true) return findByAddress(findable, sent, this.traits);
      const record = findable.find(({ key }) => key === idempotencyKey);
      return record === undefined ? { kind: 'none' } : { kind: 'change', change: this.show(record) };
    });
  }

  async #push(operations: readonly PushOperation[]): Promise<PushOutcome[]> {
    await this.#faults.enter(this.name, 'push', operations.length);
    const outcomes: PushOutcome[] = [];
    for (const operation of operations) {
      const fault = this.#takeFault(operation.kind);
      if (fault === 'unavailable' && outcomes.length === 0)
        throw new AdapterFailure('unavailable', 'It is down.', { wroteNothing: true });
      const step = `${this.name} ${operation.kind}`;
      outcomes.push(this.#faults.step(step, () => this.#apply(operation, fault)));
    }
    return outcomes;
  }

  #takeFault(kind: PushOperation['kind']): WriteFault | undefined {
    const index = this.nextFaults.findIndex(({ of = kind }) => of === kind);
    return index < 0 ? undefined : this.nextFaults.splice(index, 1)[0]?.fault;
  }

  #apply(operation: PushOperation, fault: WriteFault | undefined): PushOutcome {
    if (fault === 'rejected') return { kind: 'rejected', reason: 'It is not taken.' };
    if (fault === 'moved-on' && operation.kind !== 'create') return { kind: 'conflict' };
    if (fault === 'unknown-not-done') return { kind: 'unknown', reason: 'It timed out.' };
    if (fault === 'rate-limited' || fault === 'unavailable') {
      const failure = new AdapterFailure('rate-limited', 'Too many.', { retryAfterMs: 2000, wroteNothing: true });
      return { kind: 'not-written', failure };
    }
    const outcome = operation.kind === 'create' ? this.#make(operation) : this.#alter(operation);
    if (outcome.kind !== 'written') return outcome;
    if (fault === 'unknown-done') return { kind: 'unknown', reason: 'It timed out.' };
    if (fault === 'untold') return { kind: 'written', externalId: outcome.externalId };
    return outcome;
  }

  #make({ idempotencyKey, record: fields }: PushOperation & { kind: 'create' }): PushOutcome {
    const known = [...this.records.values()].find(({ key }) => key === idempotencyKey);
    const { idempotentCreate, keyHoldsMs = Number.POSITIVE_INFINITY, unique, hidesOther } = this.traits;
    const knowsKey = known !== undefined && this.#now() < known.createdAtMs + keyHoldsMs;
    if (knowsKey && idempotentCreate) return this.#written(known);
    const same = unique === true ? this.#findSame(fields['email'] ?? undefined) : undefined;
    if (same !== undefined && hidesOther === true) return { kind: 'exists' };
    if (same !== undefined) {
      same.isMet = true;
      return { kind: 'exists', externalId: same.id };
    }
    const record = this.create(fields, idempotencyKey);
    const idle = known?.deleted === false && !this.#isLost(known, fields);
    this.writes.push({ kind: 'create', id: record.id, idle, overwritten: [], blind: false, conditional: false });
    return this.#written(record);
  }

  /** Of a create whose record was given another address since, who looks by that finds nothing. */
  #isLost(known: SystemRecord, sent: JsonObject): boolean {
    return this.traits.findsAlike === true && foldAddress(known.fields['email']) !== foldAddress(sent['email']);
  }

  #alter(operation: Exclude<PushOperation, { kind: 'create' }>): PushOutcome {
    const record = this.records.get(operation.externalId);
    if (record === undefined || record.deleted) return { kind: 'missing' };
    const { revision } = operation.expected ?? {};
    if (this.traits.optimistic && revision !== undefined && revision !== String(record.revision))
      return { kind: 'conflict' };
    const isConditional = this.traits.optimistic && revision !== undefined;
    if (isConditional) record.unread.clear();
    const blind = !isConditional && !record.isFetched;
    record.isFetched = false;
    if (operation.kind === 'delete') {
      this.writes.push({
        kind: 'delete',
        id: record.id,
        idle: false,
        overwritten: [...record.unread],
        blind,
        conditional: isConditional,
      });
      this.mark(record, true);
      record.unread.clear();
      return { kind: 'written', externalId: record.id };
    }
    if (this.refuses(operation.patch, record)) return { kind: 'rejected', reason: 'Another record has the address.' };
    const fields = Object.keys(operation.patch);
    const before = record.fields;
    const isSame = fields.every((field) => sameValue(before[field] ?? null, operation.patch[field] ?? null));
    // That its people came to the same since it was looked at cannot be known.
    const idle = isSame && (fields.length === 0 || !fields.every((field) => record.unread.has(field)));
    const overwritten = fields.filter((field) => record.unread.delete(field));
    this.#change(record, { ...before, ...operation.patch });
    record.writtenAtMs = this.#now();
    for (const field of fields) record.ours.add(field);
    this.writes.push({ kind: 'update', id: record.id, idle, overwritten, blind, conditional: isConditional });
    return this.#written(record);
  }

  #written(record: SystemRecord): PushOutcome {
    return { kind: 'written', externalId: record.id, ...(this.traits.tells ? { change: this.show(record) } : {}) };
  }

  /** The record as it is now. */
  show(record: SystemRecord): ExternalChange {
    return showRecord(record, this.traits);
  }
}
