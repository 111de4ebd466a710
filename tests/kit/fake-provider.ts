import { z } from 'zod';
import type {
  Adapter,
  AdapterFailure,
  ExternalChange,
  OpenCall,
  PullPage,
  PullRange,
  PullRequest,
  RejectedRecord,
} from '../../shared/core/adapter.ts';
import type { JsonObject } from '../../shared/core/json.ts';

export interface FakeRecord {
  readonly id: string;
  readonly modifiedAt: string;
  readonly deleted?: boolean;
  readonly fields: JsonObject;
}

/**
 * A provider in memory that pages by position, as bad providers do: what is removed or inserted between two reads shifts the pages. Reads in
 * order of id, or of modification when `since` is given.
 */
export class FakeProvider {
  readonly #records = new Map<string, FakeRecord>();
  #ordered: { readonly since: string | undefined; readonly records: readonly FakeRecord[] } | undefined;
  /** Thrown instead of an answer, one a pull, first come first served. */
  readonly failures: AdapterFailure[] = [];
  /** Every request that was answered or refused. */
  readonly requests: PullRequest[] = [];
  /** False: records come without version and modification time, as many providers send them. */
  versioned = true;
  /** True: everything comes in one page, whatever was asked for. */
  ignoresPageSize = false;
  /** True: it says how many records there are to be read. */
  tellsTotal = false;
  /** How many more than there are it says there were. */
  saysMore = 0;
  /** What it shows with every first page without being able to give it. */
  rejects: readonly RejectedRecord[] = [];
  /** Ids at which an object is cut into ranges when that is asked for. */
  cutAt: readonly string[] = [];
  /** How far its clock is ahead of ours. */
  clockAheadMs = 0;
  /** Called before a pull is answered; may change the records. */
  onPull: ((request: PullRequest, count: number) => void | Promise<void>) | undefined;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  put(id: string, fields: JsonObject, modifiedAt: string = this.#now().toISOString()): void {
    this.#set({ id, fields, modifiedAt });
  }

  delete(id: string): void {
    this.#set({ id, fields: {}, modifiedAt: this.#now().toISOString(), deleted: true });
  }

  /** All that is there, delete markers included. */
  records(): FakeRecord[] {
    return [...this.#records.values()];
  }

  /** Removes a record without a trace, as providers without delete markers do. */
  forget(id: string): void {
    this.#records.delete(id);
    this.#ordered = undefined;
  }

  #set(record: FakeRecord): void {
    this.#records.set(record.id, record);
    this.#ordered = undefined;
  }

  readonly adapter: Adapter<Record<string, string>> = {
    id: 'fake',
    label: 'Fake',
    description: 'A provider in memory',
    settings: z.record(z.string(), z.string()),
    auth: ['none'],
    requestsPerMinute: 1000,
    baseUrl: () => 'https://fake.example',
    authorisation: () => ({ kind: 'none' }),
    objects: () => [{ name: 'people', incremental: true, maxPageSize: 1000 }],
    check: async () => undefined,
    pull: async (_call, request) => this.#answer(request),
    partition: () => (this.cutAt.length === 0 ? [] : rangesBetween(this.cutAt)),
  };

  readonly openCall: OpenCall = ({ settings }) => ({
    settings,
    http: () => Promise.reject(new Error('the fake provider is not called over HTTP')),
  });

  async #answer(request: PullRequest): Promise<PullPage> {
    this.requests.push(request);
    await this.onPull?.(request, this.requests.length);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const visible = this.#inOrder(request.since).filter(({ id }) => isWithin(request.range, id));
    const start = Number(request.cursor ?? 0);
    const next = start + (this.ignoresPageSize ? visible.length : request.pageSize);
    const slice = visible.slice(start, next);
    const done = next >= visible.length;
    return {
      changes: slice.map((record) => toChange(record, this.versioned)),
      rejected: start === 0 ? this.rejects : [],
      done,
      ...(this.tellsTotal ? { total: visible.length + this.saysMore } : {}),
      ...(done ? {} : { next: String(next) }),
      observedAt: new Date(this.#now().getTime() + this.clockAheadMs).toISOString(),
    };
  }

  #inOrder(since: string | undefined): readonly FakeRecord[] {
    if (this.#ordered?.since !== since || this.#ordered === undefined) {
      const records = [...this.#records.values()].filter((record) => since === undefined || record.modifiedAt >= since);
      this.#ordered = { since, records: records.sort(since === undefined ? byId : byModification) };
    }
    return this.#ordered.records;
  }
}

function rangesBetween(bounds: readonly string[]): PullRange[] {
  const ends: (string | undefined)[] = [...bounds, undefined];
  return ends.map((to, index) => {
    const from = bounds[index - 1];
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  });
}

function isWithin(range: PullRange | undefined, id: string): boolean {
  const { from, to } = range ?? {};
  return (from === undefined || id >= String(from)) && (to === undefined || id < String(to));
}

function byId(left: FakeRecord, right: FakeRecord): number {
  return left.id < right.id ? -1 : 1;
}

function byModification(left: FakeRecord, right: FakeRecord): number {
  if (left.modifiedAt === right.modifiedAt) return byId(left, right);
  return left.modifiedAt < right.modifiedAt ? -1 : 1;
}

function toChange(record: FakeRecord, versioned: boolean): ExternalChange {
  return {
    externalId: record.id,
    deleted: record.deleted === true,
    record: record.fields,
    ...(versioned ? { version: Date.parse(record.modifiedAt), modifiedAt: record.modifiedAt } : {}),
  };
}
