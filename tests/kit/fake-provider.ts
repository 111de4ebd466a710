import { z } from 'zod';
import type {
  Adapter,
  AdapterFailure,
  ExternalChange,
  OpenCall,
  PullPage,
  PullRequest,
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
  readonly records = new Map<string, FakeRecord>();
  /** Thrown instead of an answer, one a pull, first come first served. */
  readonly failures: AdapterFailure[] = [];
  /** Every request that was answered or refused. */
  readonly requests: PullRequest[] = [];
  /** Called before a pull is answered; may change the records. */
  onPull: ((request: PullRequest, count: number) => void) | undefined;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  put(id: string, fields: JsonObject, modifiedAt: string = this.#now().toISOString()): void {
    this.records.set(id, { id, fields, modifiedAt });
  }

  delete(id: string): void {
    this.records.set(id, { id, fields: {}, modifiedAt: this.#now().toISOString(), deleted: true });
  }

  readonly adapter: Adapter<Record<string, never>> = {
    id: 'fake',
    label: 'Fake',
    description: 'A provider in memory',
    settings: z.strictObject({}) as z.ZodType<Record<string, never>>,
    auth: ['none'],
    requestsPerMinute: 1000,
    baseUrl: () => 'https://fake.example',
    authorisation: () => ({ kind: 'none' }),
    objects: () => [{ name: 'people', incremental: true, maxPageSize: 1000 }],
    check: async () => undefined,
    pull: async (_call, request) => this.#answer(request),
  };

  readonly openCall: OpenCall = ({ settings }) => ({
    settings,
    http: () => Promise.reject(new Error('the fake provider is not called over HTTP')),
  });

  async #answer(request: PullRequest): Promise<PullPage> {
    this.requests.push(request);
    this.onPull?.(request, this.requests.length);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const { since } = request;
    const visible = [...this.records.values()]
      .filter((record) => since === undefined || record.modifiedAt >= since)
      .sort((left, right) =>
        since === undefined || left.modifiedAt === right.modifiedAt
          ? left.id.localeCompare(right.id)
          : left.modifiedAt.localeCompare(right.modifiedAt),
      );
    const start = Number(request.cursor ?? 0);
    const slice = visible.slice(start, start + request.pageSize);
    const next = start + request.pageSize;
    const done = next >= visible.length;
    return {
      changes: slice.map(toChange),
      rejected: [],
      done,
      ...(done ? {} : { next: String(next) }),
      observedAt: this.#now().toISOString(),
    };
  }
}

function toChange(record: FakeRecord): ExternalChange {
  return {
    externalId: record.id,
    deleted: record.deleted === true,
    record: record.fields,
    version: Date.parse(record.modifiedAt),
    modifiedAt: record.modifiedAt,
  };
}
